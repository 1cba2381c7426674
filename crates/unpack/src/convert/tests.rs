use std::collections::BTreeMap;

use ocidian_spec::runtime::{IdMapping, Mount};
use proptest::prelude::*;

use super::*;

/// An image's files: path to content, or to nothing for a directory.
#[derive(Default)]
struct Files(BTreeMap<&'static str, Option<&'static str>>);

impl ImageFiles for Files {
    fn read(&self, path: &str, cap: u64) -> io::Result<Option<Vec<u8>>> {
        let text = self.0.get(path).copied().flatten();
        assert!(text.is_none_or(|text| text.len() as u64 <= cap));
        Ok(text.map(|text| text.as_bytes().to_vec()))
    }

    fn stat(&self, path: &str) -> io::Result<Option<Attributes>> {
        let found = self.0.get(path);
        Ok(found.map(|text| Attributes { directory: text.is_none(), mode: 0o750, uid: 33, gid: 34 }))
    }
}

fn files() -> Files {
    Files(BTreeMap::from([
        ("/etc/passwd", Some("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n")),
        ("/etc/group", Some("root:x:0:\naudio:x:29:app\napp:x:1000:\n")),
        ("/var/lib/db", None),
        ("/a/file", Some("x")),
    ]))
}

fn config(config: &str) -> ImageConfig {
    let text = format!(
        r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":[]}},"config":{config}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn converted(exec: &str, options: &RuntimeOptions) -> Converted {
    convert(&config(exec), &files(), options).unwrap()
}

fn process_of(exec: &str, options: &RuntimeOptions) -> Process {
    converted(exec, options).spec.process.unwrap()
}

fn mount_at<'a>(spec: &'a Spec, destination: &str) -> Option<&'a Mount> {
    spec.mounts.as_ref().unwrap().iter().find(|mount| mount.destination == destination)
}

fn mounts(texts: &[&str]) -> RuntimeOptions {
    let mounts = texts.iter().map(|text| text.parse().unwrap()).collect();
    RuntimeOptions { mounts, ..RuntimeOptions::default() }
}

fn rootless() -> RuntimeOptions {
    RuntimeOptions { user_namespace: Some(UserNamespace::of_one(1000, 1000)), ..RuntimeOptions::default() }
}

#[test]
fn a_whole_config_becomes_the_document_that_it_should() {
    let config: ImageConfig = serde_json::from_str(include_str!("tests/full.image.json")).unwrap();
    let converted = convert(&config, &files(), &RuntimeOptions::default()).unwrap();
    let text = String::from_utf8(converted.spec.to_json().unwrap()).unwrap();
    assert_eq!(text, include_str!("tests/full.config.json"));
    assert_eq!(converted.warnings, Vec::<String>::new());
    assert_eq!(converted.volumes, ["/var/lib/db", "/var/lib/db/new"]);
}

#[test]
fn entrypoint_and_cmd_are_joined_and_args_replace_both() {
    let none = RuntimeOptions::default();
    let args = |words: &[&str]| {
        let args = words.iter().map(|word| (*word).to_owned()).collect();
        RuntimeOptions { args: Some(args), ..RuntimeOptions::default() }
    };
    for (exec, options, expected) in [
        (r#"{"Entrypoint":["/e","1"],"Cmd":["c"]}"#, &none, &["/e", "1", "c"][..]),
        (r#"{"Entrypoint":["/e"]}"#, &none, &["/e"]),
        (r#"{"Cmd":["/c"]}"#, &none, &["/c"]),
        (r#"{"Entrypoint":["/e"],"Cmd":["c"]}"#, &args(&["ls", "-l"]), &["ls", "-l"]),
        (r#"{"Entrypoint":["/e"]}"#, &args(&[]), &["/e"]),
        ("{}", &none, &["sh"]),
        (r#"{"Entrypoint":[],"Cmd":[]}"#, &none, &["sh"]),
    ] {
        assert_eq!(process_of(exec, options).args.unwrap(), expected, "{exec}");
    }
    assert_eq!(converted("{}", &none).warnings.len(), 1);
}

#[test]
fn the_working_directory_is_absolute() {
    for (exec, expected) in [
        ("{}", "/"),
        (r#"{"WorkingDir":""}"#, "/"),
        (r#"{"WorkingDir":"/srv"}"#, "/srv"),
        (r#"{"WorkingDir":"srv/x"}"#, "/srv/x"),
    ] {
        assert_eq!(process_of(exec, &RuntimeOptions::default()).cwd, expected, "{exec}");
    }
    let options = RuntimeOptions { cwd: Some("/mine".to_owned()), ..RuntimeOptions::default() };
    assert_eq!(process_of(r#"{"WorkingDir":"/srv"}"#, &options).cwd, "/mine");
}

#[test]
fn labels_win_over_what_the_config_implies_and_the_caller_over_both() {
    let exec = r#"{"Labels":{"org.opencontainers.image.os":"plan9","a":"label","":"x",
        "run.oci.hooks.stdout":"/etc/shadow"},"StopSignal":"SIGWINCH","ExposedPorts":{"80/tcp":{},"443":{}}}"#;
    let own = BTreeMap::from([("a".to_owned(), "own".to_owned())]);
    let converted = converted(exec, &RuntimeOptions { annotations: own, ..RuntimeOptions::default() });
    let expected = [
        ("a", "own"),
        ("org.opencontainers.image.architecture", "amd64"),
        ("org.opencontainers.image.exposedPorts", "443,80/tcp"),
        ("org.opencontainers.image.os", "plan9"),
        ("org.opencontainers.image.stopSignal", "SIGWINCH"),
    ];
    let found = converted.spec.annotations.unwrap();
    assert!(found.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(expected), "{found:?}");
    // The label without a name, and the one that would have crun write a file.
    assert_eq!(converted.warnings.iter().filter(|warning| warning.contains("label")).count(), 2);
}

#[test]
fn volumes_are_seeded_and_give_way_to_the_callers_mounts() {
    let exec = r#"{"Cmd":["x"],"Volumes":{"/var/lib/db":{},"new":{},"/a/file":{},"/proc/x":{},"/../y":{}}}"#;
    let converted = converted(exec, &RuntimeOptions::default());
    assert_eq!(converted.volumes, ["/new", "/var/lib/db"]);
    assert_eq!(converted.warnings.len(), 3, "{:?}", converted.warnings);
    let seeded = mount_at(&converted.spec, "/var/lib/db").unwrap();
    assert_eq!(seeded.kind.as_deref(), Some("tmpfs"));
    let options = ["rw", "nosuid", "nodev", "tmpcopyup", "mode=0750", "uid=33", "gid=34"];
    assert_eq!(seeded.options.as_deref().unwrap(), options);
    let new = mount_at(&converted.spec, "/new").unwrap();
    assert_eq!(new.options.as_deref().unwrap(), ["rw", "nosuid", "nodev", "tmpcopyup", "mode=0755"]);

    let converted = self::converted(exec, &mounts(&["/data:/var/lib//db/"]));
    assert_eq!(converted.volumes, ["/new"]);
    let options = RuntimeOptions { no_volumes: true, ..RuntimeOptions::default() };
    let converted = self::converted(exec, &options);
    assert!(converted.volumes.is_empty() && converted.warnings.is_empty());
    assert!(mount_at(&converted.spec, "/new").is_none());
}

#[test]
fn deeper_mounts_come_later_and_equal_ones_replace_the_defaults() {
    let options = mounts(&["/1:/var/lib/db/x", "/2:/var", "type=tmpfs,dst=/dev/shm/,size=1g"]);
    let spec = converted(r#"{"Volumes":{"/var/lib/db":{}}}"#, &options).spec;
    let places: Vec<_> = spec.mounts.iter().flatten().map(|mount| mount.destination.as_str()).collect();
    let own = ["/var", "/dev/shm/", "/var/lib/db", "/var/lib/db/x"];
    assert_eq!(places[places.len() - own.len()..], own);
    assert!(!places.contains(&"/dev/shm"));
}

#[test]
fn a_named_user_has_the_images_groups_but_not_where_an_ordinary_user_starts_it() {
    let options = RuntimeOptions::default();
    let user = process_of(r#"{"User":"app"}"#, &options).user.unwrap();
    assert_eq!((user.uid, user.gid, user.additional_gids), (1000, 1000, Some(vec![29])));
    let range = |container_id, size| vec![IdMapping { container_id, host_id: 100_000, size }];
    let mapped = |rootless| UserNamespace { uid: range(0, 65_536), gid: range(0, 65_536), rootless };
    for (rootless, groups) in [(true, None), (false, Some(vec![29]))] {
        let options = RuntimeOptions { user_namespace: Some(mapped(rootless)), ..RuntimeOptions::default() };
        let converted = converted(r#"{"User":"app","Cmd":["x"]}"#, &options);
        assert_eq!(converted.spec.process.unwrap().user.unwrap().additional_gids, groups);
        assert_eq!(converted.warnings, Vec::<String>::new());
    }
}

#[test]
fn rootless_maps_only_what_there_is() {
    let converted = converted(r#"{"User":"app","Cmd":["x"],"Volumes":{"/var/lib/db":{}}}"#, &rootless());
    assert!(converted.warnings[0].contains("--user 0"), "{:?}", converted.warnings);
    let spec = converted.spec;
    let options = spec.mounts.iter().flatten().flat_map(|mount| mount.options.iter().flatten());
    let ids: Vec<_> = options.filter(|option| option.contains("gid=") || option.contains("uid=")).collect();
    assert_eq!(ids, Vec::<&String>::new());
    let linux = spec.linux.unwrap();
    let own = IdMapping { container_id: 0, host_id: 1000, size: 1 };
    assert_eq!(linux.uid_mappings.unwrap(), [own.into()]);
    assert!(linux.namespaces.unwrap().iter().any(|namespace| namespace.kind == NamespaceKind::User));
    assert_eq!(linux.resources, None);
    assert_eq!(
        process_of(r#"{"User":"app"}"#, &RuntimeOptions { user: Some("0".to_owned()), ..rootless() })
            .user
            .unwrap()
            .uid,
        0
    );
}

#[test]
fn a_shared_namespace_is_left_out_with_what_needs_it() {
    let shared =
        [NamespaceKind::Network, NamespaceKind::Uts, NamespaceKind::Pid, NamespaceKind::Mount].into();
    let options = RuntimeOptions { shared, hostname: Some("h".to_owned()), ..rootless() };
    let converted = converted(r#"{"Cmd":["x"]}"#, &options);
    let kinds: Vec<_> =
        converted.spec.linux.as_ref().unwrap().namespaces.iter().flatten().map(|n| n.kind).collect();
    assert_eq!(kinds, [NamespaceKind::Mount, NamespaceKind::Ipc, NamespaceKind::Cgroup, NamespaceKind::User]);
    assert_eq!(converted.spec.hostname, None);
    assert_eq!(converted.warnings.len(), 1);
    for place in ["/sys", "/proc"] {
        let mount = mount_at(&converted.spec, place).unwrap();
        assert_eq!((mount.source.as_deref(), mount.kind.as_deref()), (Some(place), Some("none")));
    }
    assert!(mount_at(&converted.spec, "/sys/fs/cgroup").is_none());
    // Root may mount what it likes, so that nothing has to be bound.
    let shared = [NamespaceKind::Network].into();
    let spec = self::converted("{}", &RuntimeOptions { shared, ..RuntimeOptions::default() }).spec;
    assert_eq!(mount_at(&spec, "/sys").unwrap().kind.as_deref(), Some("sysfs"));
}

#[test]
fn limits_and_switches_reach_the_document() {
    let options = RuntimeOptions {
        memory: Some(1 << 29),
        cpus: Some("1.5".parse().unwrap()),
        readonly: true,
        terminal: true,
        new_privileges: true,
        no_masked_paths: true,
        no_readonly_paths: true,
        hostname: Some("box".to_owned()),
        root_path: "/srv/root".to_owned(),
        hooks: vec![
            "prestart=/a".parse().unwrap(),
            "poststop=/b".parse().unwrap(),
            "prestart=/c".parse().unwrap(),
        ],
        ..RuntimeOptions::default()
    };
    let spec = converted("{}", &options).spec;
    let linux = spec.linux.unwrap();
    let resources = linux.resources.unwrap();
    assert_eq!(resources.memory.unwrap().limit, Some(1 << 29));
    assert_eq!(resources.cpu.map(|cpu| (cpu.quota, cpu.period)), Some((Some(150_000), Some(100_000))));
    assert_eq!((linux.masked_paths, linux.readonly_paths), (None, None));
    let process = spec.process.unwrap();
    assert_eq!((process.terminal, process.no_new_privileges), (Some(true), Some(false)));
    assert!(process.env.unwrap().contains(&"TERM=xterm".to_owned()));
    assert_eq!(
        spec.root.unwrap(),
        Root { path: "/srv/root".to_owned(), readonly: Some(true), ..Root::default() }
    );
    assert_eq!(spec.hostname.as_deref(), Some("box"));
    let paths = |hooks: Option<Vec<_>>| -> Vec<String> {
        hooks.unwrap().into_iter().map(|hook: ocidian_spec::runtime::Hook| hook.path).collect()
    };
    let hooks = spec.hooks.unwrap();
    assert_eq!(
        (paths(hooks.prestart), paths(hooks.poststop)),
        (vec!["/a".to_owned(), "/c".to_owned()], vec!["/b".to_owned()])
    );
}

#[test]
fn what_a_process_cannot_be_given_is_an_error() {
    for exec in
        [r#"{"Cmd":["a\u0000b"]}"#, r#"{"WorkingDir":"\u0000"}"#, r#"{"Entrypoint":["\u0000"],"Cmd":["x"]}"#]
    {
        let result = convert(&config(exec), &files(), &RuntimeOptions::default());
        assert!(matches!(result, Err(ConvertError::Nul { .. })), "{exec}");
    }
    let result = convert(&config(r#"{"User":"nobody"}"#), &files(), &RuntimeOptions::default());
    assert!(matches!(result, Err(ConvertError::User { .. })));
}

#[test]
fn an_image_for_another_system_is_converted_with_a_warning() {
    let mut config = config(r#"{"Cmd":["x"]}"#);
    config.os = "windows".to_owned();
    let converted = convert(&config, &files(), &RuntimeOptions::default()).unwrap();
    assert_eq!(converted.warnings.len(), 1);
}

struct Any {
    text: Option<Vec<u8>>,
    stat: Option<Attributes>,
}

impl ImageFiles for Any {
    fn read(&self, _: &str, _: u64) -> io::Result<Option<Vec<u8>>> {
        Ok(self.text.clone())
    }

    fn stat(&self, _: &str) -> io::Result<Option<Attributes>> {
        Ok(self.stat)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Whatever the config and the image's files hold, the result is an error or a document that
    /// can be written, read, and has what every runtime insists on.
    #[test]
    fn a_conversion_never_panics(
        user in "[a0-9:]{0,6}|\\PC{0,4}",
        words in proptest::collection::vec("[=/.a\0]{0,4}|\\PC{0,3}", 0..4),
        text in proptest::option::of("([a0:,/\n]{0,12}|a:x:[0-9]{1,10}:[0-9]{1,2}:(a|,|:){0,4}\n){0,4}"),
        directory: Option<bool>,
        mode: u32,
        rootless: bool,
    ) {
        let exec = serde_json::json!({
            "User": user, "Env": words, "Entrypoint": words, "WorkingDir": words.first(),
            "Labels": words.iter().map(|word| (word.clone(), "v")).collect::<BTreeMap<_, _>>(),
            "Volumes": words.iter().map(|word| (word.clone(), 1)).collect::<BTreeMap<_, _>>(),
        });
        let files = Any {
            text: text.map(String::into_bytes),
            stat: directory.map(|directory| Attributes { directory, mode, uid: mode, gid: 1 }),
        };
        let options = if rootless { self::rootless() } else { RuntimeOptions::default() };
        if let Ok(converted) = convert(&config(&exec.to_string()), &files, &options) {
            let text = converted.spec.to_json().unwrap();
            prop_assert_eq!(&Spec::parse(&text).unwrap(), &converted.spec);
            let process = converted.spec.process.unwrap();
            prop_assert!(process.cwd.starts_with('/') && !process.args.unwrap().is_empty());
            let user = process.user.unwrap();
            prop_assert!(user.uid != u32::MAX && user.gid != u32::MAX);
            let env = process.env.unwrap();
            prop_assert!(env.iter().all(|variable| variable.find('=').is_some_and(|at| at > 0)));
        }
    }

    /// The flags' grammars end in a value or an error.
    #[test]
    fn a_flag_never_panics(text in "(type=|src=|dst=|ro|/a|:|,|=|\\PC){0,6}") {
        let _ = text.parse::<MountFlag>();
        let _ = text.parse::<HookFlag>();
        let _ = text.parse::<EnvFlag>();
        let _ = text.parse::<CapabilityFlag>();
        let _ = text.parse::<Cpus>();
    }
}
