//! Completions and manual pages: that the programs they are for take them.

use std::io::Write;
use std::process::{Command, Stdio};

use ocidian_testkit::peers::Peer;

use crate::bin::ok;

/// Whether a program is installed. What is parsed here is read by the other assertions too, so none is required.
fn has(program: &str) -> bool {
    Peer::find(program).is_some()
}

/// The program takes the text on stdin without a complaint; what it prints.
fn takes(program: &str, arguments: &[&str], text: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .env("MANROFFSEQ", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.is_empty(), "{program}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn shells_can_parse_their_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ok(["completion", shell]);
        for word in ["unpack", "runtime-config", "keep-dirlinks"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        if matches!(shell, "bash" | "zsh" | "fish") && has(shell) {
            takes(shell, &["-n"], &script);
        }
    }
}

#[test]
fn bash_completes_flags() {
    if !has("bash") {
        return;
    }
    let script = ok(["completion", "bash"]);
    let ask = "COMP_WORDS=(ocidian rootfs --keep); COMP_CWORD=2; _ocidian ocidian --keep rootfs; echo \"${COMPREPLY[@]}\"";
    assert_eq!(takes("bash", &["--norc"], &format!("{script}\n{ask}\n")).trim(), "--keep-dirlinks");
}

#[test]
fn pages_render() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("man1");
    assert_eq!(ok(["man".as_ref(), "--dir".as_ref(), dir.as_os_str()]), "");
    let mut names: Vec<String> =
        std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(
        names.contains(&"ocidian.1".to_owned()) && names.contains(&"ocidian-runtime-config.1".to_owned())
    );
    let groff = has("groff");
    for name in &names {
        let page = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(page.contains(".TH ocidian"), "{name}");
        if groff {
            let text = takes("groff", &["-man", "-Tutf8", "-ww", "-P-cbou"], &page);
            assert!(text.contains("NAME") && text.contains("EXAMPLE"), "{name}: {text}");
        }
    }
    assert_eq!(ok(["man"]), std::fs::read_to_string(dir.join("ocidian.1")).unwrap());
    assert_eq!(ok(["man", "unpack"]), std::fs::read_to_string(dir.join("ocidian-unpack.1")).unwrap());
}
