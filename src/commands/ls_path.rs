//! `ls IMAGE PATH`: a directory of an image, or one file.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use ocidian_image_layout::Options;
use ocidian_layer::Device;
use ocidian_unpack::files::{FileKind, ImageTree, Node};
use serde::Serialize;

use super::{files, open};
use crate::cli::{Format, Ls};
use crate::report::table::Table;
use crate::report::{self, Voice, escape, json, time};

/// One file.
#[derive(Debug, Serialize)]
struct File {
    /// Bytes that are not UTF-8 as `\xNN`.
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Octal.
    mode: String,
    uid: u32,
    gid: u32,
    size: Option<u64>,
    mtime: String,
    links: u32,
    target: Option<String>,
    device: Option<String>,
}

pub(crate) fn run(args: &Ls, path: &OsStr, voice: Voice) -> anyhow::Result<()> {
    let chosen = open::choose_of(&args.image, args.choice.platform.as_ref(), &Options::default(), voice)?;
    let files = files::with_tree(&chosen, voice, |_, tree| list(tree, path.as_bytes()))?;
    report::to_stdout(|out| match args.format.format {
        Format::Json => json::write(out, &files),
        Format::Text => write(out, &files),
    })
}

fn list(tree: &ImageTree<'_>, path: &[u8]) -> anyhow::Result<Vec<File>> {
    // A link to a directory is listed as the directory, any other as itself, dangling ones included.
    match tree.lookup(path).map(Node::kind) {
        Ok(FileKind::Directory(_)) => Ok(tree.list(path)?.map(|(name, node)| File::of(name, node)).collect()),
        _ => Ok(vec![File::of(path, tree.lookup_link(path)?)]),
    }
}

impl File {
    fn of(path: &[u8], node: &Node) -> Self {
        let (mut size, mut target, mut device) = (None, None, None);
        let numbers = |device: &Device| Some(format!("{}:{}", device.major, device.minor));
        let kind = match node.kind() {
            FileKind::File { size: bytes, .. } => {
                size = Some(*bytes);
                "file"
            }
            FileKind::Directory(_) => "directory",
            FileKind::Symlink(to) => {
                target = Some(escape::bytes(to));
                "symlink"
            }
            FileKind::CharDevice(is) => {
                device = numbers(is);
                "char"
            }
            FileKind::BlockDevice(is) => {
                device = numbers(is);
                "block"
            }
            FileKind::Fifo => "fifo",
        };
        Self {
            path: escape::bytes(path),
            kind,
            mode: format!("{:04o}", node.mode()),
            uid: node.uid(),
            gid: node.gid(),
            size,
            mtime: time::rfc3339(node.mtime()),
            links: node.links(),
            target,
            device,
        }
    }

    /// As `ls -l` has it: `drwxr-xr-x`.
    fn letters(&self) -> String {
        let mode = u32::from_str_radix(&self.mode, 8).unwrap_or_default();
        let kind = match self.kind {
            "directory" => 'd',
            "symlink" => 'l',
            "char" => 'c',
            "block" => 'b',
            "fifo" => 'p',
            _ => '-',
        };
        let special = [(0o4000, 's', 'S'), (0o2000, 's', 'S'), (0o1000, 't', 'T')];
        let mut text = String::from(kind);
        for (shift, (bit, with, without)) in [6, 3, 0].into_iter().zip(special) {
            let bits = mode >> shift;
            text.push(if bits & 4 != 0 { 'r' } else { '-' });
            text.push(if bits & 2 != 0 { 'w' } else { '-' });
            text.push(match (mode & bit != 0, bits & 1 != 0) {
                (true, true) => with,
                (true, false) => without,
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

fn write(out: &mut impl Write, files: &[File]) -> io::Result<()> {
    let mut table = Table::plain();
    for file in files {
        let owner = format!("{}:{}", file.uid, file.gid);
        let size = file.size.map(|size| size.to_string()).or_else(|| file.device.clone()).unwrap_or_default();
        let name = match &file.target {
            Some(target) => format!("{} -> {target}", file.path),
            None => file.path.clone(),
        };
        table.row([&file.letters(), &owner, &size, &file.mtime, &name]);
    }
    table.write(out, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_as_ls_writes_them() {
        for (kind, mode, expected) in [
            ("directory", "1777", "drwxrwxrwt"),
            ("file", "4755", "-rwsr-xr-x"),
            ("file", "6644", "-rwSr-Sr--"),
            ("directory", "1700", "drwx-----T"),
            ("symlink", "0777", "lrwxrwxrwx"),
            ("fifo", "0000", "p---------"),
        ] {
            let file = File {
                path: String::new(),
                kind,
                mode: mode.to_owned(),
                uid: 0,
                gid: 0,
                size: None,
                mtime: String::new(),
                links: 1,
                target: None,
                device: None,
            };
            assert_eq!(file.letters(), expected);
        }
    }
}
