//! Gzip and zstd: several members and frames are legal, damage and false labels are not.

use super::section::{GZIP, MANIFEST, ZSTD};
use crate::case::Case;
use crate::gzip;
use crate::layout::{LAYER, LAYER_GZIP, LAYER_ZSTD, LayoutBuilder};
use crate::tar::{archive, file};
use crate::tree;
use crate::zstd;

pub(super) fn cases() -> Vec<Case> {
    let mut all = gzips();
    all.extend(bad_gzips());
    all.extend(zstds());
    all.extend(bad_zstds());
    all
}

/// A tar that does not fit one deflate or zstd block, so that cuts fall within the data.
fn plain() -> Vec<u8> {
    archive([file("a", [b'x'; 70_000]), file("b", "y")])
}

fn plain_tree() -> [tree::ExpectedEntry; 2] {
    [tree::file("a", [b'x'; 70_000]), tree::file("b", "y")]
}

fn gzip_layer(b: &mut LayoutBuilder, blob: Vec<u8>) {
    b.layer_blob(LAYER_GZIP, blob, &plain());
}

fn zstd_layer(b: &mut LayoutBuilder, blob: Vec<u8>) {
    b.layer_blob(LAYER_ZSTD, blob, &plain());
}

fn gzips() -> Vec<Case> {
    vec![
        Case::legal(
            "gzip",
            "a layer in gzip",
            GZIP,
            "One member of stored blocks.",
            |b| gzip_layer(b, gzip::member(&plain())),
            plain_tree(),
        ),
        Case::legal(
            "gzip-two-members",
            "a layer in two gzip members",
            GZIP,
            "RFC 1952: members follow one another, and their contents are one stream. The cut lies within a file.",
            |b| {
                let plain = plain();
                gzip_layer(b, [gzip::member(&plain[..1000]), gzip::member(&plain[1000..])].concat());
            },
            plain_tree(),
        ),
        Case::legal(
            "gzip-empty-members",
            "a layer among 10,000 empty gzip members",
            GZIP,
            "Each is legal; a reader that calls itself for each would run out of stack.",
            |b| {
                let empty = gzip::member(b"").repeat(5_000);
                gzip_layer(b, [empty.clone(), gzip::member(&plain()), empty].concat());
            },
            plain_tree(),
        ),
        Case::legal(
            "gzip-header-fields",
            "a gzip member with every optional header field",
            GZIP,
            "Extra field, name, comment and header checksum are read over; the name is not used.",
            |b| {
                let mut blob = gzip::header();
                blob[3] = 0b1_1110;
                blob.extend(b"\x06\0AB\x02\0xy../../outside/planted\0comment\0");
                let crc = gzip::crc32(&blob).to_le_bytes();
                blob.extend_from_slice(&crc[..2]);
                blob.extend(gzip::stored(&plain()));
                gzip::trailer(&mut blob, gzip::crc32(&plain()), plain().len());
                gzip_layer(b, blob);
            },
            plain_tree(),
        ),
        Case::legal(
            "gzip-trailing-zeros",
            "zeros after the last gzip member",
            GZIP,
            "Padding that some tools add, as gzip itself accepts it.",
            |b| gzip_layer(b, [gzip::member(&plain()), vec![0; 1000]].concat()),
            plain_tree(),
        ),
    ]
}

fn bad_gzips() -> Vec<Case> {
    let refused = |id, title, about, build| Case::refused(id, title, GZIP, about, build, &["{layer0}"]);
    vec![
        refused(
            "gzip-cut",
            "a gzip member that is cut off in its data",
            "What is missing may be anything.",
            |b| {
                let mut blob = gzip::member(&plain());
                blob.truncate(blob.len() / 2);
                gzip_layer(b, blob);
            },
        ),
        refused(
            "gzip-cut-in-trailer",
            "a gzip member that is cut off in its checksum",
            "All data is there and the diff_id matches; the stream is damaged nevertheless.",
            |b| {
                let mut blob = gzip::member(&plain());
                blob.truncate(blob.len() - 6);
                gzip_layer(b, blob);
            },
        ),
        refused(
            "gzip-cut-in-second-header",
            "a second gzip member of which only the start is there",
            "A header that ends early is damage, not padding.",
            |b| gzip_layer(b, [gzip::member(&plain()), gzip::header()[..5].to_vec()].concat()),
        ),
        refused(
            "gzip-crc",
            "a gzip member with a wrong checksum",
            "The diff_id matches, and still the stream says that it is damaged.",
            |b| {
                let mut blob = gzip::header();
                blob.extend(gzip::stored(&plain()));
                gzip::trailer(&mut blob, !gzip::crc32(&plain()), plain().len());
                gzip_layer(b, blob);
            },
        ),
        refused("gzip-length", "a gzip member with a wrong length", "As for the checksum.", |b| {
            let mut blob = gzip::header();
            blob.extend(gzip::stored(&plain()));
            gzip::trailer(&mut blob, gzip::crc32(&plain()), plain().len() + 1);
            gzip_layer(b, blob);
        }),
        refused(
            "gzip-bad-block",
            "a deflate block of the type that does not exist",
            "RFC 1951 reserves it.",
            |b| {
                gzip_layer(b, [gzip::header(), vec![0b111; 20]].concat());
            },
        ),
        refused(
            "gzip-trailing-garbage",
            "bytes that are no zeros after the last gzip member",
            "Neither a member nor padding: one reader stops before them, another does not.",
            |b| gzip_layer(b, [gzip::member(&plain()), b"garbage".to_vec()].concat()),
        ),
        refused("gzip-empty", "a gzip layer of no bytes", "No member is no gzip.", |b| {
            b.layer_blob(LAYER_GZIP, Vec::new(), b"");
        }),
        Case::refused(
            "gzip-labelled-plain",
            "a gzip layer labelled as plain tar",
            MANIFEST,
            "The media type says what the blob is; guessing from its bytes would be another rule.",
            |b| b.layer_blob(LAYER, gzip::member(&plain()), &gzip::member(&plain())),
            &["{layer0}"],
        ),
        refused("plain-labelled-gzip", "a plain tar labelled as gzip", "It is no gzip.", |b| {
            gzip_layer(b, plain())
        }),
        refused("zstd-labelled-gzip", "a zstd layer labelled as gzip", "It is no gzip.", |b| {
            gzip_layer(b, zstd::frame(&plain()));
        }),
    ]
}

fn zstds() -> Vec<Case> {
    vec![
        Case::legal(
            "zstd",
            "a layer in zstd",
            ZSTD,
            "One frame of raw blocks.",
            |b| zstd_layer(b, zstd::frame(&plain())),
            plain_tree(),
        ),
        Case::legal(
            "zstd-two-frames",
            "a layer in two zstd frames",
            ZSTD,
            "RFC 8878: frames follow one another, and their contents are one stream. The cut lies within a file.",
            |b| {
                let plain = plain();
                zstd_layer(
                    b,
                    [zstd::frame(&plain[..1000]), zstd::frame(b""), zstd::frame(&plain[1000..])].concat(),
                );
            },
            plain_tree(),
        ),
        Case::legal(
            "zstd-skippable",
            "a layer among skippable zstd frames",
            ZSTD,
            "zstd:chunked keeps its table of contents in them; they are skipped wherever they stand.",
            |b| {
                let skip = zstd::skippable(&[0xa5; 100]);
                let plain = plain();
                let parts = [
                    skip.clone(),
                    zstd::frame(&plain[..1000]),
                    skip.clone(),
                    zstd::skippable(b""),
                    zstd::frame(&plain[1000..]),
                    skip,
                ];
                zstd_layer(b, parts.concat());
            },
            plain_tree(),
        ),
    ]
}

fn bad_zstds() -> Vec<Case> {
    let refused = |id, title, about, build| Case::refused(id, title, ZSTD, about, build, &["{layer0}"]);
    vec![
        refused(
            "zstd-cut",
            "a zstd frame that is cut off in a block",
            "What is missing may be anything.",
            |b| {
                let mut blob = zstd::frame(&plain());
                blob.truncate(blob.len() / 2);
                zstd_layer(b, blob);
            },
        ),
        refused(
            "zstd-cut-in-header",
            "a second zstd frame of which only the start is there",
            "It is damage.",
            |b| {
                zstd_layer(b, [zstd::frame(&plain()), zstd::frame(b"")[..5].to_vec()].concat());
            },
        ),
        refused("zstd-cut-in-skippable", "a skippable frame that is cut off", "It is damage.", |b| {
            let mut skip = zstd::skippable(&[0xa5; 100]);
            skip.truncate(50);
            zstd_layer(b, [zstd::frame(&plain()), skip].concat());
        }),
        refused(
            "zstd-bad-block",
            "a zstd block of the type that does not exist",
            "RFC 8878 reserves it.",
            |b| {
                let mut blob = zstd::frame(b"");
                blob[6] |= 0b110;
                zstd_layer(b, blob);
            },
        ),
        refused(
            "zstd-window",
            "a zstd frame with a window of 256 MiB",
            "A decoder should not have to hold more than 8 MiB and by default refuses more than 128 MiB.",
            |b| zstd_layer(b, zstd::frame_with_window(&plain(), 18 << 3)),
        ),
        refused(
            "zstd-trailing-garbage",
            "bytes that are no frame after a zstd frame",
            "They are damage.",
            |b| {
                zstd_layer(b, [zstd::frame(&plain()), b"garbage!".to_vec()].concat());
            },
        ),
        refused("gzip-labelled-zstd", "a gzip layer labelled as zstd", "It is no zstd.", |b| {
            zstd_layer(b, gzip::member(&plain()));
        }),
    ]
}
