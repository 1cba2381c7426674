//! Rules about the files of an image layout. image-spec `image-layout.md`.

super::rules! {
    OCI_LAYOUT: Error "layout-oci-layout" Image "image-layout.md#content" V1_0 {
        title: "a layout has a file oci-layout",
        says: "This JSON object serves as a marker for the base of an Open Container Image Layout and to provide the version of the image-layout in use.",
        help: r#"Write {"imageLayoutVersion":"1.0.0"} to a regular file of that name."#,
        good: r#"{"imageLayoutVersion": "1.0.0"}"#,
        bad: "no oci-layout, or a directory of that name",
    }
    OCI_LAYOUT_OBJECT: Error "layout-oci-layout-object" Image "image-layout.md#content" V1_0 {
        title: "oci-layout is a JSON object",
        says: "It MUST be a JSON object",
        help: r#"Write {"imageLayoutVersion":"1.0.0"}."#,
        good: r#"{"imageLayoutVersion": "1.0.0"}"#,
        bad: r#"["1.0.0"]"#,
    }
    VERSION: Error "layout-version" Image "image-layout.md#content" V1_0 {
        title: "oci-layout has an imageLayoutVersion, which is a string",
        says: "It MUST contain an `imageLayoutVersion` field",
        help: r#"Write {"imageLayoutVersion":"1.0.0"}."#,
        good: r#"{"imageLayoutVersion": "1.0.0"}"#,
        bad: r#"{"imageLayoutVersion": 1}"#,
    }
    VERSION_KNOWN: Error "layout-version-known" Image "image-layout.md#oci-layout-file" V1_0 {
        title: "the imageLayoutVersion is 1.0.0",
        says: "The `imageLayoutVersion` value will align with the OCI Image Specification version at the time changes to the layout are made, and will pin a given version until changes to the image layout are required.",
        help: "Set it to 1.0.0, the one version that there is, whatever the version of image-spec.",
        good: r#"{"imageLayoutVersion": "1.0.0"}"#,
        bad: r#"{"imageLayoutVersion": "1.1.0"}"#,
    }
    INDEX: Error "layout-index" Image "image-layout.md#indexjson-file" V1_0 {
        title: "a layout has a file index.json",
        says: "This REQUIRED file is the entry point for references and descriptors of the image-layout.",
        help: "Write an index, with an empty array of manifests where there are none.",
        good: r#"{"schemaVersion": 2, "manifests": []}"#,
        bad: "no index.json, or a symlink to nothing",
    }
    BLOBS: Error "layout-blobs" Image "image-layout.md#content" V1_0 {
        title: "a layout has a directory blobs",
        says: "Directory MUST exist and MAY be empty",
        help: "Make the directory.",
        good: "blobs/",
        bad: "no blobs, or a file of that name",
    }
    BLOB_NAME: Error "layout-blob-name" Image "image-layout.md#blobs" V1_0 {
        title: "what is in blobs is named ALGORITHM/ENCODED, as in a digest",
        says: "The character set of the entry name for `<alg>` and `<encoded>` MUST match the respective grammar elements described in [descriptor](descriptor.md#digests).",
        help: "Move what is no blob out of blobs/; rename what is one to its digest.",
        good: "blobs/sha256/6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b",
        bad: "blobs/sha256/layer.tar.gz",
    }
    BLOB_FILE: Error "layout-blob-file" Image "image-layout.md#blobs" V1_0 {
        title: "blobs holds a directory for each algorithm, and those hold regular files",
        says: "Object names in the `blobs` subdirectories are composed of a directory for each hash algorithm, the children of which will contain the actual content.",
        help: "Replace it by a regular file with the blob's content.",
        good: "a regular file, or a symlink to one",
        bad: "a directory, FIFO, socket, device, or a symlink to nothing",
    }
    BLOB_DIGEST: Error "layout-blob-digest" Image "image-layout.md#blobs" V1_0 {
        title: "a blob's content has the digest that is its name",
        says: "The content of `blobs/<alg>/<encoded>` MUST match the digest `<alg>:<encoded>` (referenced per [descriptor](descriptor.md#digests)).",
        help: "Remove the blob and fetch it again: it is damaged, cut off, or was exchanged for another.",
        good: "a file whose sha256 is its name",
        bad: "a file that was cut off by a full disk",
    }
    BLOB_UNVERIFIED: Note "layout-blob-unverified" Image "descriptor.md#digests" V1_0 {
        title: "a blob's digest can be verified",
        says: "Implementations SHOULD allow digests with unrecognized algorithms to pass validation if they comply with the above grammar.",
        help: "Nothing, or use sha256: nobody here can compute this algorithm, so nothing was verified.",
        good: "blobs/sha256/…",
        bad: "blobs/multihash+base58/…",
    }
    BLOB_ABSENT: Note "layout-blob-absent" Image "image-layout.md#blobs" V1_0 {
        title: "every blob that is named is there",
        says: "The blobs directory MAY be missing referenced blobs, in which case the missing blobs SHOULD be fulfilled by an external blob store.",
        help: "Nothing, where the layout is sparse on purpose; else copy the image again.",
        good: "a layout with the blobs of all of its platforms",
        bad: "what docker save writes of an image of many platforms: the index, and the blobs of one",
    }
    BLOB_UNREFERENCED: Note "layout-blob-unreferenced" Image "image-layout.md#blobs" V1_0 {
        title: "every blob that is there is named",
        says: "The blobs directory MAY contain blobs which are not referenced by any of the [refs](#indexjson-file).",
        help: "Nothing, or free the space.",
        good: "a layout after a collection of garbage",
        bad: "a layout from which a tag was removed",
    }
    REF_DUPLICATE: Warning "layout-ref-duplicate" Image "image-layout.md#indexjson-file" V1_0 {
        title: "a name stands for one image of each platform",
        says: "No semantic restriction is given for the \"org.opencontainers.image.ref.name\" annotation of descriptors.",
        help: "Remove one of the names: some tools take the first of the two, some the last, some refuse both.",
        good: "the name v1 on one entry, or on one for linux/amd64 and one for linux/arm64",
        bad: "the name v1 on two entries of different digests, without platforms to tell them apart",
    }
    ARCHIVE: Error "layout-archive" Image "image-layout.md#oci-image-layout-specification" V1_0 {
        title: "an archive can be read to its end, and holds each file once",
        says: "This layout MAY be used in a variety of different transport mechanisms: archive formats (e.g. tar, zip), shared filesystem environments (e.g. nfs), or networked file fetching (e.g. http, ftp, rsync).",
        help: "Write the archive again: it is cut off or damaged, or two of its members contradict each other.",
        good: "tar -cf layout.tar -C layout .",
        bad: "the first half of that file",
    }
    LIMITS: Error "layout-limits" Image "image-index.md#oci-image-index-specification" V1_0 {
        title: "the graph of a layout is small enough to be walked: 64 levels, 100,000 descriptors, 1 GiB of documents",
        says: "While the use of an image index is OPTIONAL for image providers, image consumers SHOULD be prepared to process them.",
        help: "Split the layout. Nothing behind the limit was checked, so this is an error.",
        good: "an index of images",
        bad: "a chain of a hundred indexes, each in the one before it",
    }
}
