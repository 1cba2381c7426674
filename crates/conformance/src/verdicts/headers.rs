//! Headers, PAX and GNU extensions: what is malformed, and what readers take differently.

use crate::tar::{
    self, MODE, SIZE, SPARSE, TIME, UID, archive, char_device, file, global, gnu_long, hardlink, octal, pax,
    record, with_data,
};
use crate::validation::ValidationCase as Case;

const FORMAT: &str = "layer.md, Distributable Format";
const ATTRIBUTES: &str = "layer.md, File Attributes";

pub(super) fn cases() -> Vec<Case> {
    let mut all = numbers();
    all.extend(records());
    all.extend(extended());
    all.extend(sparse());
    all
}

fn numbers() -> Vec<Case> {
    vec![
        Case::invalid(
            ["header-mode", "a mode that is not octal", FORMAT, "Header numbers are octal text."],
            "layer-header-number",
            |b| b.layer([file("a", "x").header(|h| h.raw(MODE, b"0000648\0"))]),
        ),
        Case::invalid(
            ["header-owner-negative", "a negative owner", FORMAT, "Base-256 can say -1; no owner is."],
            "layer-header-number",
            |b| b.layer([file("a", "x").header(|h| h.gnu().base256(UID, -1))]),
        ),
        Case::invalid(
            [
                "header-size",
                "a size that is not octal",
                FORMAT,
                "Where the next header begins cannot be told.",
            ],
            "layer-tar",
            |b| b.layer([file("a", "x").header(|h| h.raw(SIZE, b"0000000000z\0"))]),
        ),
        Case::invalid(
            ["header-mtime-blank", "an entry without a modification time", ATTRIBUTES, "The field is blank."],
            "layer-attributes",
            |b| b.layer([file("a", "x").header(|h| h.raw(TIME, b""))]),
        ),
        Case::valid(
            [
                "header-mtime-pax",
                "a modification time in PAX alone",
                ATTRIBUTES,
                "The header's field is blank, but PAX has the time.",
            ],
            |b| b.layer([file("a", "x").header(|h| h.raw(TIME, b"")).pax("mtime", "1.5")]),
        ),
        Case::valid(
            [
                "header-base256",
                "an owner and a time in base-256",
                FORMAT,
                "As GNU tar writes what octal cannot.",
            ],
            |b| b.layer([file("a", "x").owner(4_000_000_000, 4_000_000_000).mtime(-1)]),
        ),
        Case::invalid(
            ["owner-too-large", "an owner beyond 32 bits", ATTRIBUTES, "Linux has no such owner."],
            "layer-owner",
            |b| b.layer([file("a", "x").pax("uid", "4294967296")]),
        ),
        Case::invalid(
            [
                "group-unchanged",
                "the group 4294967295",
                ATTRIBUTES,
                "To chown it means that the group stays as it is.",
            ],
            "layer-owner",
            |b| b.layer([file("a", "x").pax("gid", "4294967295")]),
        ),
        Case::invalid(
            [
                "device-number",
                "a device with a major number of 4096",
                "layer.md, File Types",
                "Linux has 12 bits for it.",
            ],
            "layer-device-number",
            |b| b.layer([char_device("null", 4096, 0)]),
        ),
    ]
}

fn records() -> Vec<Case> {
    vec![
        Case::invalid(
            [
                "pax-length",
                "a PAX record whose length is wrong",
                FORMAT,
                "Records are framed by their length.",
            ],
            "layer-pax-record",
            |b| b.layer([file("a", "x").raw_pax("99 comment=x\n")]),
        ),
        Case::invalid(
            ["pax-no-newline", "a PAX record without its newline", FORMAT, "Each ends in one."],
            "layer-pax-record",
            |b| b.layer([file("a", "x").raw_pax("12 comment=xx")]),
        ),
        Case::invalid(
            ["pax-mtime", "a PAX time that is no number", FORMAT, "mtime is decimal, with a fraction."],
            "layer-pax-record",
            |b| b.layer([file("a", "x").pax("mtime", "yesterday")]),
        ),
        Case::invalid(
            [
                "pax-path-nul",
                "a PAX path with a NUL",
                FORMAT,
                "No path has one; readers cut it off there, or do not.",
            ],
            "layer-pax-record",
            |b| b.layer([file("a", "x").pax("path", b"b\0c")]),
        ),
        Case::invalid(
            [
                "pax-size",
                "a PAX size that is no number",
                FORMAT,
                "Where the next header begins cannot be told.",
            ],
            "layer-tar",
            |b| b.layer([file("a", "x").pax("size", "one")]),
        ),
        Case::odd(
            [
                "pax-repeated-key",
                "two PAX records of one key",
                FORMAT,
                "POSIX: the last counts; some readers take the first.",
            ],
            |b| b.layer([file("a", "x").pax("path", "b").pax("path", "c")]),
        )
        .warned("layer-pax-repeated"),
        Case::valid(
            [
                "pax-unknown",
                "PAX records of unknown keys",
                FORMAT,
                "Vendors add their own; others pass over them.",
            ],
            |b| b.layer([file("a", "x").pax("EXAMPLE.key", "v").pax("comment", "a\nb")]),
        ),
        Case::valid(
            [
                "pax-xattr",
                "an extended attribute of any bytes",
                ATTRIBUTES,
                "Framed by its length, a value may hold newlines and NULs.",
            ],
            |b| b.layer([file("a", "x").xattr("user.note", b"a\n\0b=c")]),
        ),
        Case::odd(
            [
                "pax-host-attribute",
                "an attribute of the host that the layer was made on",
                ATTRIBUTES,
                "Legal, but another host means something else by it.",
            ],
            |b| b.layer([file("a", "x").xattr("security.selinux", "system_u:object_r:usr_t:s0\0")]),
        )
        .noted("layer-host-attribute"),
        Case::odd(
            [
                "pax-global-owner",
                "a global PAX header that sets the owner",
                FORMAT,
                "POSIX: it holds for all that follows; Go's reader ignores it.",
            ],
            |b| b.layer([file("a", "x").after(global(&record(b"uid", b"7")))]),
        )
        .warned("layer-pax-global"),
        Case::valid(
            [
                "pax-global-comment",
                "a global PAX header with a comment",
                FORMAT,
                "As git archive writes it; it changes nothing.",
            ],
            |b| b.layer([file("a", "x").after(global(&record(b"comment", b"0123")))]),
        ),
        Case::invalid(
            [
                "pax-global-path",
                "a global PAX header that sets the path",
                FORMAT,
                "It cannot hold for every entry; half of the readers apply it.",
            ],
            "layer-pax-global-name",
            |b| b.layer([file("a", "x").after(global(&record(b"path", b"b")))]),
        ),
        Case::odd(
            [
                "pax-size-conflict",
                "a header and a PAX record that give different sizes",
                FORMAT,
                "PAX wins; a reader that overlooks it takes content for headers.",
            ],
            |b| {
                let hidden = archive([file("hidden", "")]);
                let entry = with_data("a", b'0', hidden.clone()).header(|h| h.octal(SIZE, 0));
                b.layer([entry.pax("size", hidden.len().to_string())]);
            },
        )
        .warned("layer-size-conflict"),
        Case::odd(
            [
                "hard-link-size",
                "a hard link with a size",
                FORMAT,
                "No content follows one; most readers know.",
            ],
            |b| b.layer([file("a", "x"), hardlink("b", "a").header(|h| h.octal(SIZE, 1))]),
        )
        .warned("layer-size-without-content"),
    ]
}

fn extended() -> Vec<Case> {
    vec![
        Case::invalid(
            [
                "extended-repeated",
                "two PAX headers for one entry",
                FORMAT,
                "Readers differ on whether the first still counts.",
            ],
            "layer-extended-repeated",
            |b| {
                let two = [pax(&record(b"mtime", b"1")), pax(&record(b"mtime", b"2"))].concat();
                b.layer([file("a", "x").after(two)]);
            },
        ),
        Case::odd(
            [
                "extended-order",
                "a PAX header before a GNU long name",
                FORMAT,
                "Some readers apply it to the long name's own header.",
            ],
            |b| {
                b.layer([
                    file("a", "x").after([pax(&record(b"comment", b"c")), gnu_long(b'L', b"b")].concat())
                ])
            },
        )
        .warned("layer-extended-order"),
        Case::odd(
            [
                "extended-two-names",
                "a GNU long name and a PAX path that differ",
                FORMAT,
                "GNU tar takes PAX's; others whichever came last.",
            ],
            |b| b.layer([file("a", "x").after(gnu_long(b'L', b"gnu")).pax("path", "pax")]),
        )
        .warned("layer-name-conflict"),
        Case::valid(
            [
                "extended-long-name",
                "a GNU long name",
                FORMAT,
                "As GNU tar writes names of more than 100 bytes.",
            ],
            |b| {
                b.layer([file("a", "x")
                    .header(tar::Header::gnu)
                    .after(gnu_long(b'L', "n".repeat(200).as_bytes()))])
            },
        ),
        Case::invalid(
            [
                "extended-without-entry",
                "a PAX header that no entry follows",
                FORMAT,
                "It says something about nothing.",
            ],
            "layer-tar",
            |b| b.layer_tar(tar::end(pax(&record(b"path", b"b")))),
        ),
        Case::odd(
            ["volume-label", "a volume's label", FORMAT, "GNU tar's --label writes it; it is no file."],
            |b| b.layer([with_data("label", b'V', ""), file("a", "x")]),
        )
        .noted("layer-volume-label"),
    ]
}

fn sparse() -> Vec<Case> {
    vec![
        Case::odd(
            [
                "sparse-pax",
                "a sparse file in PAX's form",
                ATTRIBUTES,
                "Sparse files should not be used: support is inconsistent.",
            ],
            |b| {
                let map = "1\n0\n1\n".to_owned() + &"\0".repeat(506);
                let entry = with_data("GNUSparseFile.0/a", b'0', map + "x");
                let entry = entry.pax("GNU.sparse.major", "1").pax("GNU.sparse.minor", "0");
                b.layer([entry.pax("GNU.sparse.name", "a").pax("GNU.sparse.realsize", "4096")]);
            },
        )
        .warned("layer-sparse"),
        Case::odd(
            [
                "sparse-gnu",
                "a sparse file in old GNU's form",
                ATTRIBUTES,
                "Sparse files should not be used: support is inconsistent.",
            ],
            |b| {
                let map = [octal(0, 12), octal(1, 12)].concat();
                let entry = with_data("a", b'S', "x");
                b.layer([entry.header(|h| h.gnu().raw(SPARSE, &map).octal(tar::REAL_SIZE, 4096))]);
            },
        )
        .warned("layer-sparse"),
        Case::invalid(
            [
                "sparse-map",
                "a sparse file whose map reaches beyond its size",
                ATTRIBUTES,
                "A hole or piece of it would lie outside of the file.",
            ],
            "layer-sparse-map",
            |b| {
                let entry = with_data("a", b'0', "x").pax("GNU.sparse.size", "10");
                b.layer([entry.pax("GNU.sparse.numblocks", "1").pax("GNU.sparse.map", "100,1")]);
            },
        )
        .warned("layer-sparse"),
    ]
}
