//! Rules about layers. image-spec `layer.md`.
//!
//! Where the image format says nothing and tar's own rules decide, the sentence is the one that asks for a tar.

/// The sentence that all of tar's own rules rest on.
const TAR: &str = "Layer Changesets for the [media type](media-types.md) `application/vnd.oci.image.layer.v1.tar` MUST be packaged in [tar archive][tar-archive].";
const ATTRIBUTES: &str =
    "Where supported, MUST include file attributes for Additions and Modifications include:";
const GZIP: &str = "The media type `application/vnd.oci.image.layer.v1.tar+gzip` represents an `application/vnd.oci.image.layer.v1.tar` payload which has been compressed with [gzip][rfc1952_2].";
const ZSTD: &str = "The media type `application/vnd.oci.image.layer.v1.tar+zstd` represents an `application/vnd.oci.image.layer.v1.tar` payload which has been compressed with [zstd][rfc8478].";
const EXTRACTED: &str = "In the absence of any [whiteout](#whiteouts) files in a layer changeset, the archive is extracted like a regular tar archive.";

super::rules! {
    COMPRESSION: Error "layer-compression" Image "layer.md#gzip-media-types" V1_0 {
        title: "a layer is compressed the way its media type says",
        says: GZIP,
        help: "Give the descriptor the media type of what the blob is, or compress the layer as the media type says.",
        good: "mediaType …tar+gzip, and the blob begins with 1f 8b",
        bad: "mediaType …tar+zstd, and the blob begins with 1f 8b",
    }
    COMPRESSED_STREAM: Error "layer-compressed-stream" Image "layer.md#gzip-media-types" V1_0 {
        title: "a compressed layer can be decompressed to its end",
        says: GZIP,
        help: "Compress the layer again; where the blob's digest is right, it was damaged before it was pushed.",
        good: "a gzip stream that ends with its checksum and length",
        bad: "a gzip stream that is cut off, or followed by bytes that are no member",
    }
    COMPRESSED_PADDING: Note "layer-compressed-padding" Image "layer.md#gzip-media-types" V1_0 {
        title: "nothing stands after a compressed stream",
        says: GZIP,
        help: "Leave the zeros out: some readers take them for a damaged stream.",
        good: "the blob ends where the last gzip member ends",
        bad: "the blob goes on with zeros",
    }
    GZIP_MEMBERS: Note "layer-gzip-members" Image "layer.md#gzip-media-types" V1_0 {
        title: "a gzip layer is one member",
        says: GZIP,
        help: "Legal (RFC 1952, section 2.2); readers that stop after the first member see a shorter layer.",
        good: "one gzip member",
        bad: "two gzip members, one after the other",
    }
    ZSTD_SKIPPABLE: Note "layer-zstd-skippable" Image "layer.md#zstd-media-types" V1_1 {
        title: "a zstd layer has no skippable frames",
        says: ZSTD,
        help: "Legal (RFC 8878, section 3.1.2), and how zstd:chunked keeps its table of contents; readers pass over them.",
        good: "frames with content only",
        bad: "a frame that begins with 50 2a 4d 18",
    }
    ZSTD_WINDOW: Note "layer-zstd-window" Image "layer.md#zstd-media-types" V1_1 {
        title: "a zstd layer asks for a window of 8 MiB at most",
        says: ZSTD,
        help: "RFC 8878, section 3.1.1.1.2, asks decoders for 8 MiB and recommends that encoders ask for no more; compress without --long or --ultra.",
        good: "zstd -19",
        bad: "zstd --long=27",
    }
    DIFF_ID: Error "layer-diff-id" Image "config.md#layer-diffid" V1_0 {
        title: "a layer's uncompressed tar has the digest that the config says",
        says: "A layer DiffID is the digest over the layer's uncompressed tar archive and serialized in the descriptor digest format",
        help: "Put the digest of the uncompressed tar into rootfs.diff_ids, or find the layer that belongs there.",
        good: "diff_ids has the output of `gzip -dc BLOB | sha256sum`",
        bad: "diff_ids has the digest of the compressed blob, or zeros",
    }
    DIFF_ID_UNVERIFIED: Note "layer-diff-id-unverified" Image "config.md#layer-diffid" V1_0 {
        title: "a diff_id is by an algorithm that can be computed",
        says: "A layer DiffID is the digest over the layer's uncompressed tar archive and serialized in the descriptor digest format",
        help: "Use sha256, sha512 or blake3; this layer was not verified against its diff_id.",
        good: "sha256:…",
        bad: "example+custom:…",
    }
    TAR_ARCHIVE: Error "layer-tar" Image "layer.md#distributable-format" V1_0 {
        title: "a layer is a tar archive that can be read to its end",
        says: TAR,
        help: "Write the layer again; nothing after the place named here was read.",
        good: "every header has the checksum of its bytes",
        bad: "a header's checksum is wrong, or the archive is cut off in the middle of a file",
    }
    END: Warning "layer-end" Image "layer.md#distributable-format" V1_0 {
        title: "two blocks of zeros end the archive",
        says: TAR,
        help: "Finish the tar (POSIX asks for two zero blocks); GNU tar warns without them and other readers refuse.",
        good: "1024 zero bytes after the last entry",
        bad: "the archive ends with the last entry's content",
    }
    END_PADDING: Note "layer-end-padding" Image "layer.md#distributable-format" V1_0 {
        title: "no more zeros follow the end than fill up a record of 10,240 bytes",
        says: TAR,
        help: "Legal; but every reader has to get through them.",
        good: "zeros up to the next multiple of 10,240 bytes",
        bad: "a megabyte of zeros",
    }
    FILE_PADDING: Warning "layer-file-padding" Image "layer.md#distributable-format" V1_0 {
        title: "the last file's content is filled up to a whole block",
        says: TAR,
        help: "Finish the tar; GNU tar refuses an archive that ends in the middle of a block.",
        good: "content of 5 bytes, then 507 zeros",
        bad: "content of 5 bytes, then the end",
    }
    TRAILING_DATA: Warning "layer-trailing-data" Image "layer.md#distributable-format" V1_0 {
        title: "only zeros follow the end of the archive",
        says: TAR,
        help: "Remove it: it is part of the diff_id, no reader shows it, and some read it as another archive.",
        good: "zeros after the two zero blocks",
        bad: "a second tar after the two zero blocks",
    }
    HEADER_NUMBER: Error "layer-header-number" Image "layer.md#distributable-format" V1_0 {
        title: "the numbers in a header can be read",
        says: TAR,
        help: "Write octal digits, or GNU's base-256 where they do not suffice.",
        good: "mode 0000644",
        bad: "mode 0000648, or a negative owner",
    }
    ATTRIBUTES_MISSING: Error "layer-attributes" Image "layer.md#file-attributes" V1_0 {
        title: "an entry has a mode, an owner, a group and a modification time",
        says: ATTRIBUTES,
        help: "Write a number, 0 if need be; readers take a blank field for 0, or refuse.",
        good: "mtime 00000000000",
        bad: "mtime of twelve NULs",
    }
    OWNER: Error "layer-owner" Image "layer.md#file-attributes" V1_0 {
        title: "owners and groups are ids that Linux has",
        says: ATTRIBUTES,
        help: "Use ids from 0 to 4294967294.",
        good: "uid 1000",
        bad: "uid 4294967295, which chown takes for \"do not change\"",
    }
    PAX_RECORD: Error "layer-pax-record" Image "layer.md#distributable-format" V1_0 {
        title: "PAX records are well-formed",
        says: TAR,
        help: "Write each record as `LENGTH KEY=VALUE` and a newline, the length counting itself, with values of the key's type.",
        good: "20 mtime=1600000000.5 and a newline",
        bad: "20 mtime=yesterday and a newline, or a length that reaches beyond the header",
    }
    PAX_REPEATED: Warning "layer-pax-repeated" Image "layer.md#distributable-format" V1_0 {
        title: "a PAX header says each thing once",
        says: TAR,
        help: "Keep the last record, which is the one that counts by POSIX; some readers take the first.",
        good: "one path record",
        bad: "two path records with different names",
    }
    PAX_GLOBAL: Warning "layer-pax-global" Image "layer.md#distributable-format" V1_0 {
        title: "no global PAX header changes entries",
        says: TAR,
        help: "Put the records before each entry: Go's reader, and so most container engines, ignores global headers.",
        good: "an `x` header with uid before each entry",
        bad: "a `g` header with uid",
    }
    PAX_GLOBAL_NAME: Error "layer-pax-global-name" Image "layer.md#distributable-format" V1_0 {
        title: "a global PAX header sets no name, link target or size",
        says: TAR,
        help: "Remove the record: it cannot hold for every entry, and half of the readers would apply it.",
        good: "a `g` header with a comment",
        bad: "a `g` header with path",
    }
    EXTENDED_REPEATED: Error "layer-extended-repeated" Image "layer.md#distributable-format" V1_0 {
        title: "an entry has one extended header of a type",
        says: TAR,
        help: "Join them: readers disagree on which of two counts, and so on what the layer holds.",
        good: "one `x` header, then the entry",
        bad: "two `x` headers, then the entry",
    }
    EXTENDED_ORDER: Warning "layer-extended-order" Image "layer.md#distributable-format" V1_0 {
        title: "no PAX header stands before a GNU long name for the same entry",
        says: TAR,
        help: "Use PAX alone: some readers apply the PAX header to the long name's own header (CVE-2025-62518).",
        good: "an `x` header with path, then the entry",
        bad: "an `x` header, then an `L` header, then the entry",
    }
    NAME_CONFLICT: Warning "layer-name-conflict" Image "layer.md#distributable-format" V1_0 {
        title: "GNU's and PAX's headers agree on an entry's name",
        says: TAR,
        help: "Use one of them: readers disagree on which wins.",
        good: "an `x` header with path",
        bad: "an `L` header that says a and an `x` header that says b",
    }
    SIZE_CONFLICT: Warning "layer-size-conflict" Image "layer.md#distributable-format" V1_0 {
        title: "header and PAX agree on a size that the header can hold",
        says: TAR,
        help: "Write the size into the header: a reader that overlooks the PAX record takes content for headers (CVE-2025-62518).",
        good: "size 512 in the header and no PAX size",
        bad: "size 0 in the header and size=512 in PAX",
    }
    SIZE_WITHOUT_CONTENT: Warning "layer-size-without-content" Image "layer.md#distributable-format" V1_0 {
        title: "only regular files have a size",
        says: TAR,
        help: "Write 0: most readers know that no content follows a link, a directory or a device, others skip so many bytes.",
        good: "a hard link of size 0",
        bad: "a hard link with the size of its target",
    }
    SPARSE: Warning "layer-sparse" Image "layer.md#file-attributes" V1_0 {
        title: "files are not stored as sparse files",
        says: "[Sparse files](https://en.wikipedia.org/wiki/Sparse_file) SHOULD NOT be used because they lack consistent support across tar implementations.",
        help: "Write the holes as zeros (leave tar's --sparse out); compression makes them small.",
        good: "an entry of type 0",
        bad: "an entry of type S, or one with GNU.sparse records",
    }
    SPARSE_MAP: Error "layer-sparse-map" Image "layer.md#file-attributes" V1_0 {
        title: "the map of a sparse file is in order, within its size, and covers what is stored",
        says: TAR,
        help: "Write the layer again, without tar's --sparse.",
        good: "512 bytes at 0, 512 bytes at 4096, size 8192",
        bad: "512 bytes at 4096, then 512 bytes at 0",
    }
    DUPLICATE: Error "layer-duplicate" Image "layer.md#distributable-format" V1_0 {
        title: "a layer has one entry for a path",
        says: "Layer Changesets for the [media type](media-types.md) `application/vnd.oci.image.layer.v1.tar` MUST NOT include duplicate entries for file paths in the resulting [tar archive][tar-archive].",
        help: "Keep the last one. `a`, `./a` and `/a` are one path.",
        good: "etc/, etc/passwd",
        bad: "etc/passwd, ./etc/passwd",
    }
    PARENT: Warning "layer-parent" Image "layer.md#changeset-over-existing-files" V1_0 {
        title: "what an entry lies below is a directory in the same layer, if it is there at all",
        says: "In all other cases, the implementation MUST do the semantic equivalent of the following:",
        help: "Name the entry by its real path; extractors follow the link, replace it, or refuse.",
        good: "lib -> usr/lib, usr/lib/x",
        bad: "lib -> usr/lib, lib/x",
    }
    ROOT: Error "layer-root" Image "layer.md#applying-changesets" V1_0 {
        title: "the root is a directory",
        says: EXTRACTED,
        help: "Remove the entry: it would replace the root file system itself (CVE-2021-29136).",
        good: "./ of type 5",
        bad: ". of type 2, a symbolic link to /",
    }
    NAME_EMPTY: Error "layer-name-empty" Image "layer.md#applying-changesets" V1_0 {
        title: "an entry has a name",
        says: EXTRACTED,
        help: "Remove the entry, or name it.",
        good: "etc/motd",
        bad: "a name field of NULs",
    }
    NAME_PARENT: Error "layer-name-parent" Image "layer.md#applying-changesets" V1_0 {
        title: "no entry's name has a `..` component",
        says: EXTRACTED,
        help: "Name the entry by its path from the root; extractors refuse it, or worse, do not.",
        good: "etc/passwd",
        bad: "../../etc/passwd",
    }
    NAME_ABSOLUTE: Note "layer-name-absolute" Image "layer.md#applying-changesets" V1_0 {
        title: "entries' names are relative",
        says: EXTRACTED,
        help: "Legal, and taken as relative to the image's root; leave the leading `/` out for plain tar's sake.",
        good: "etc/passwd",
        bad: "/etc/passwd",
    }
    NAME_ENCODING: Note "layer-name-encoding" Image "layer.md#applying-changesets" V1_0 {
        title: "entries' names are UTF-8",
        says: EXTRACTED,
        help: "Legal on Linux, where names are bytes; JSON reports and other systems cannot show such a name.",
        good: "café in UTF-8: 63 61 66 c3 a9",
        bad: "the same in Latin-1: 63 61 66 e9",
    }
    NAME_LENGTH: Error "layer-name-length" Image "layer.md#applying-changesets" V1_0 {
        title: "names fit into what Linux takes: 255 bytes a component, 4095 in all",
        says: EXTRACTED,
        help: "Shorten the name: no file system could hold it.",
        good: "a component of 255 bytes",
        bad: "a component of 256 bytes",
    }
    ENTRY_TYPE: Error "layer-entry-type" Image "layer.md#file-types" V1_0 {
        title: "entries are of types that stand for files",
        says: "Throughout this document section, the use of word \"files\" or \"entries\" includes the following, where supported:",
        help: "Leave the entry out: some readers make a regular file of an unknown type, others skip it or stop.",
        good: "type 0",
        bad: "type M, a piece of a multi-volume archive",
    }
    VOLUME_LABEL: Note "layer-volume-label" Image "layer.md#file-types" V1_0 {
        title: "an archive has no volume label",
        says: EXTRACTED,
        help: "Leave tar's --label out: it is no file, and some readers do not know that.",
        good: "no entry of type V",
        bad: "an entry of type V",
    }
    DEVICE_NUMBER: Error "layer-device-number" Image "layer.md#file-types" V1_0 {
        title: "device numbers are ones that Linux has",
        says: EXTRACTED,
        help: "Use a major number of up to 4095 and a minor number of up to 1048575.",
        good: "1:3",
        bad: "4096:0",
    }
    DEVICE: Note "layer-device" Image "layer.md#file-types" V1_0 {
        title: "a layer has no device nodes",
        says: "Throughout this document section, the use of word \"files\" or \"entries\" includes the following, where supported:",
        help: "Legal; but only root can make them, and runtimes make the usual ones themselves.",
        good: "dev/, empty",
        bad: "dev/null, 1:3",
    }
    HOST_ATTRIBUTE: Note "layer-host-attribute" Image "layer.md#file-attributes" V1_0 {
        title: "no extended attribute belongs to the host that the layer was made on",
        says: ATTRIBUTES,
        help: "Leave out security.selinux, security.ima, security.evm, system.nfs4_acl, trusted.overlay.* and user.overlay.* when making layers.",
        good: "security.capability",
        bad: "security.selinux",
    }
    SYMLINK_TARGET: Error "layer-symlink-target" Image "layer.md#file-attributes" V1_0 {
        title: "a symbolic link has a target that Linux takes",
        says: "Symlink reference (`linkname` + symbolic link type)",
        help: "Give it a target of 1 to 4095 bytes.",
        good: "lib -> usr/lib",
        bad: "lib -> (nothing)",
    }
    HARDLINK_NAME: Error "layer-hardlink-name" Image "layer.md#hardlinks" V1_0 {
        title: "a hard link's target is a path inside the layer's root",
        says: "[Hardlink](#hardlinks) reference (`linkname`)",
        help: "Name the target by its path from the root, without `..`.",
        good: "usr/bin/gunzip linked to usr/bin/gzip",
        bad: "x linked to ../../etc/passwd, or to nothing",
    }
    HARDLINK_MISSING: Error "layer-hardlink-missing" Image "layer.md#hardlinks" V1_0 {
        title: "a hard link's target exists when the link is made",
        says: "Extracting a layer with hardlink references to files outside of the layer may fail.",
        help: "Put the target before the link, in this layer.",
        good: "a, then b linked to a",
        bad: "b linked to a, in a lowest layer without a",
    }
    HARDLINK_BELOW: Warning "layer-hardlink-below" Image "layer.md#hardlinks" V1_0 {
        title: "a hard link's target is in the same layer",
        says: "Extracting a layer with hardlink references to files outside of the layer may fail.",
        help: "Put the target into the same layer, too: overlay file systems cannot link to a lower one.",
        good: "a and b linked to a in one layer",
        bad: "a in the first layer, b linked to a in the second",
    }
    HARDLINK_DIRECTORY: Error "layer-hardlink-directory" Image "layer.md#hardlinks" V1_0 {
        title: "no hard link leads to a directory",
        says: "Hardlinks are possible with all [file types](#file-types) except `directories`.",
        help: "Use a symbolic link.",
        good: "b linked to the file a",
        bad: "b linked to the directory a/",
    }
    WHITEOUT_NAME: Error "layer-whiteout-name" Image "layer.md#whiteouts" V1_0 {
        title: "a whiteout names what it hides",
        says: "A `.wh.` file, without a basename to delete, is invalid and implementations SHOULD return an error when encountering such an entry.",
        help: "Remove the entry, or name what is to be hidden.",
        good: "etc/.wh.motd",
        bad: "etc/.wh.",
    }
    WHITEOUT_FILE: Error "layer-whiteout-file" Image "layer.md#whiteouts" V1_0 {
        title: "a whiteout is an empty regular file",
        says: "A whiteout file is an empty file with a special filename that signifies a path should be deleted.",
        help: "Write it as a regular file of size 0: what it holds is lost when it is applied.",
        good: "etc/.wh.motd, type 0, size 0",
        bad: "etc/.wh.motd with content, or a directory of that name",
    }
    WHITEOUT_BELOW: Error "layer-whiteout-below" Image "layer.md#whiteouts" V1_0 {
        title: "nothing lies below a whiteout",
        says: "As files prefixed with `.wh.` are special whiteout markers, it is not possible to create a filesystem which has a file or directory with a name beginning with `.wh.`.",
        help: "Rename the directory.",
        good: "etc/.wh.conf",
        bad: "etc/.wh.conf/x",
    }
    WHITEOUT_ENTRY: Note "layer-whiteout-entry" Image "layer.md#whiteouts" V1_0 {
        title: "a layer does not hide what it puts itself",
        says: "Files that are present in the same layer as a whiteout file can only be hidden by whiteout files in subsequent layers.",
        help: "Legal: the whiteout hides what lower layers have there, and the entry stays; some readers remove both.",
        good: "a file: the entry alone replaces what was there",
        bad: ".wh.a and a",
    }
    WHITEOUT_ORDER: Warning "layer-whiteout-order" Image "layer.md#whiteouts" V1_0 {
        title: "whiteouts stand before their siblings",
        says: "Implementations SHOULD generate layers such that the whiteout files appear before sibling directory entries.",
        help: "Write a directory's whiteouts first; Docker and containerd sort them among the others.",
        good: "etc/.wh.motd, etc/a",
        bad: "etc/a, etc/.wh.motd",
    }
    OPAQUE: Warning "layer-opaque" Image "layer.md#opaque-whiteout" V1_0 {
        title: "whiteouts are explicit",
        says: "Implementations SHOULD generate layers using _explicit whiteout_ files, but MUST accept both.",
        help: "Write a whiteout for each thing that is hidden, where the lower layers are known.",
        good: "bin/.wh.a, bin/.wh.b",
        bad: "bin/.wh..wh..opq",
    }
    BOOKKEEPING: Warning "layer-bookkeeping" Image "layer.md#whiteouts" V1_0 {
        title: "a layer has none of AUFS's own files",
        says: "As files prefixed with `.wh.` are special whiteout markers, it is not possible to create a filesystem which has a file or directory with a name beginning with `.wh.`.",
        help: "Leave `.wh..wh.*` out (but for `.wh..wh..opq`) when making layers on AUFS; extractors drop them, or do not.",
        good: ".wh..wh..opq",
        bad: ".wh..wh.plnk/",
    }
}
