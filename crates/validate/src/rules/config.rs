//! Rules about image configs. image-spec `config.md`.

super::rules! {
    OBJECT: Error "config-object" Image "config.md#properties" V1_0 {
        title: "a config is a JSON object",
        says: "This specification outlines the JSON format describing images for use with a container runtime and execution tool and its relationship to filesystem changesets, described in [Layers](layer.md).",
        help: "Write an object with architecture, os and rootfs.",
        good: r#"{"os": "linux"}"#,
        bad: r#"[]"#,
    }
    CREATED: Error "config-created" Image "config.md#properties" V1_0 {
        title: "created is a time by RFC 3339",
        says: "An combined date and time at which the image was created, formatted as defined by [RFC 3339, section 5.6][rfc3339-s5.6].",
        help: "Write it as `date -u +%Y-%m-%dT%H:%M:%SZ` does, or leave it out.",
        good: r#"{"created": "2015-10-31T22:22:56.015925234Z"}"#,
        bad: r#"{"created": "Sat Oct 31 22:22:56 2015"}"#,
    }
    AUTHOR: Error "config-author" Image "config.md#properties" V1_0 {
        title: "author is a string",
        says: "Gives the name and/or email address of the person or entity which created and is responsible for maintaining the image.",
        help: "Write one string, or leave it out.",
        good: r#"{"author": "Alyssa P. Hacker <alyspdev@example.com>"}"#,
        bad: r#"{"author": ["Alyssa P. Hacker"]}"#,
    }
    ARCHITECTURE: Error "config-architecture" Image "config.md#properties" V1_0 {
        title: "a config has an architecture",
        says: "The CPU architecture which the binaries in this image are built to run on.",
        help: "Set architecture to a value of GOARCH, such as amd64.",
        good: r#"{"architecture": "amd64"}"#,
        bad: r#"{"architecture": null}"#,
    }
    ARCHITECTURE_KNOWN: Warning "config-architecture-known" Image "config.md#properties" V1_0 {
        title: "the architecture is one that Go knows",
        says: "Configurations SHOULD use, and implementations SHOULD understand, values listed in the Go Language document for [`GOARCH`][go-environment].",
        help: "Use Go's name: amd64 for x86_64, arm64 for aarch64, 386 for i386.",
        good: r#"{"architecture": "arm64"}"#,
        bad: r#"{"architecture": "aarch64"}"#,
    }
    OS: Error "config-os" Image "config.md#properties" V1_0 {
        title: "a config has an os",
        says: "The name of the operating system which the image is built to run on.",
        help: "Set os to a value of GOOS, such as linux.",
        good: r#"{"os": "linux"}"#,
        bad: r#"{"os": null}"#,
    }
    OS_KNOWN: Warning "config-os-known" Image "config.md#properties" V1_0 {
        title: "the os is one that Go knows",
        says: "Configurations SHOULD use, and implementations SHOULD understand, values listed in the Go Language document for [`GOOS`][go-environment].",
        help: "Use Go's name: linux, windows, darwin, freebsd.",
        good: r#"{"os": "linux"}"#,
        bad: r#"{"os": "GNU/Linux"}"#,
    }
    OS_VERSION: Error "config-os-version" Image "config.md#properties" V1_1 {
        title: "os.version is a string",
        says: "This OPTIONAL property specifies the version of the operating system targeted by the referenced blob.",
        help: "Write the version as a string, or leave it out.",
        good: r#"{"os.version": "10.0.14393.1066"}"#,
        bad: r#"{"os.version": 10.0}"#,
    }
    OS_FEATURES: Error "config-os-features" Image "config.md#properties" V1_1 {
        title: "os.features is an array of strings",
        says: "This OPTIONAL property specifies an array of strings, each specifying a mandatory OS feature.",
        help: "Write an array of strings, or leave it out.",
        good: r#"{"os.features": ["win32k"]}"#,
        bad: r#"{"os.features": "win32k"}"#,
    }
    WINDOWS_FEATURES: Warning "config-windows-features" Image "config.md#properties" V1_1 {
        title: "the os.features of a Windows image are those that the specification lists",
        says: "When `os` is `windows`, image indexes SHOULD use, and implementations SHOULD understand the following values:",
        help: "Use win32k, the one value that is listed.",
        good: r#"{"os": "windows", "os.features": ["win32k"]}"#,
        bad: r#"{"os": "windows", "os.features": ["directx"]}"#,
    }
    VARIANT: Error "config-variant" Image "config.md#properties" V1_1 {
        title: "variant is a string",
        says: "The variant of the specified CPU architecture.",
        help: "Write a string such as v8, or leave it out.",
        good: r#"{"architecture": "arm64", "variant": "v8"}"#,
        bad: r#"{"architecture": "arm64", "variant": 8}"#,
    }
    VARIANT_KNOWN: Warning "config-variant-known" Image "config.md#properties" V1_1 {
        title: "the variant is one of the table",
        says: "Configurations SHOULD use, and implementations SHOULD understand, `variant` values listed in the [Platform Variants](image-index.md#platform-variants) table.",
        help: "Use v6, v7 or v8 for arm, v8 and later for arm64, v1 and later for amd64, power8 and later for ppc64le, rva20u64 and later for riscv64.",
        good: r#"{"architecture": "arm", "variant": "v7"}"#,
        bad: r#"{"architecture": "arm", "variant": "7"}"#,
    }
    CONFIG: Error "config-config" Image "config.md#properties" V1_0 {
        title: "config is an object",
        says: "The execution parameters which SHOULD be used as a base when running a container using the image.",
        help: "Write an object, or leave it out.",
        good: r#"{"config": {}}"#,
        bad: r#"{"config": []}"#,
    }
    USER: Error "config-user" Image "config.md#properties" V1_0 {
        title: "User is a user and perhaps a group",
        says: "For Linux based systems, all of the following are valid: `user`, `uid`, `user:group`, `uid:gid`, `uid:group`, `user:gid`.",
        help: "Write one user, and after a colon one group.",
        good: r#"{"config": {"User": "alice:users"}}"#,
        bad: r#"{"config": {"User": "alice:users:wheel"}}"#,
    }
    EXPOSED_PORTS: Error "config-exposed-ports" Image "config.md#properties" V1_0 {
        title: "ExposedPorts is an object of objects",
        says: "**NOTE:** This JSON structure value is unusual because it is a direct JSON serialization of the Go type `map[string]struct{}` and is represented in JSON as an object mapping its keys to an empty object.",
        help: "Write an object whose names are the ports and whose values are {}.",
        good: r#"{"config": {"ExposedPorts": {"8080/tcp": {}}}}"#,
        bad: r#"{"config": {"ExposedPorts": ["8080/tcp"]}}"#,
    }
    EXPOSED_PORTS_KEY: Warning "config-exposed-ports-key" Image "config.md#properties" V1_0 {
        title: "the names in ExposedPorts are port/tcp, port/udp or port",
        says: "Its keys can be in the format of:",
        help: "Write one port for each name, with /tcp or /udp behind it; readers do not agree on anything else.",
        good: r#"{"config": {"ExposedPorts": {"53/udp": {}}}}"#,
        bad: r#"{"config": {"ExposedPorts": {"http": {}}}}"#,
    }
    ENV: Error "config-env" Image "config.md#properties" V1_0 {
        title: "Env is an array of strings of the form VARNAME=VARVALUE",
        says: "Entries are in the format of `VARNAME=VARVALUE`.",
        help: "Write each variable with an `=`, even where its value is empty.",
        good: r#"{"config": {"Env": ["PATH=/bin"]}}"#,
        bad: r#"{"config": {"Env": ["PATH"]}}"#,
    }
    ENV_DUPLICATE: Warning "config-env-duplicate" Image "config.md#properties" V1_0 {
        title: "no variable is set twice",
        says: "These values act as defaults and are merged with any specified when creating a container.",
        help: "Keep one of the two: some programs take the first, others the last.",
        good: r#"{"config": {"Env": ["A=1", "B=2"]}}"#,
        bad: r#"{"config": {"Env": ["A=1", "A=2"]}}"#,
    }
    ENTRYPOINT: Error "config-entrypoint" Image "config.md#properties" V1_0 {
        title: "Entrypoint is an array of strings",
        says: "A list of arguments to use as the command to execute when the container starts.",
        help: "Write an array with an element for each argument, or null.",
        good: r#"{"config": {"Entrypoint": ["/bin/my-app-binary"]}}"#,
        bad: r#"{"config": {"Entrypoint": "/bin/my-app-binary"}}"#,
    }
    CMD: Error "config-cmd" Image "config.md#properties" V1_0 {
        title: "Cmd is an array of strings",
        says: "Default arguments to the entrypoint of the container.",
        help: "Write an array with an element for each argument, or null.",
        good: r#"{"config": {"Cmd": ["--foreground"]}}"#,
        bad: r#"{"config": {"Cmd": "--foreground"}}"#,
    }
    VOLUMES: Error "config-volumes" Image "config.md#properties" V1_0 {
        title: "Volumes is an object of objects",
        says: "A set of directories describing where the process is likely to write data specific to a container instance.",
        help: "Write an object whose names are the directories and whose values are {}.",
        good: r#"{"config": {"Volumes": {"/var/log": {}}}}"#,
        bad: r#"{"config": {"Volumes": ["/var/log"]}}"#,
    }
    VOLUMES_PATH: Warning "config-volumes-path" Image "config.md#properties" V1_0 {
        title: "the names in Volumes are absolute paths",
        says: "A set of directories describing where the process is likely to write data specific to a container instance.",
        help: "Write the path from the root on; runtimes mount nothing at any other.",
        good: r#"{"config": {"Volumes": {"/data": {}}}}"#,
        bad: r#"{"config": {"Volumes": {"data": {}}}}"#,
    }
    WORKING_DIR: Error "config-working-dir" Image "config.md#properties" V1_0 {
        title: "WorkingDir is a string",
        says: "Sets the current working directory of the entrypoint process in the container.",
        help: "Write one path, or leave it out.",
        good: r#"{"config": {"WorkingDir": "/home/alice"}}"#,
        bad: r#"{"config": {"WorkingDir": ["/home/alice"]}}"#,
    }
    WORKING_DIR_PATH: Warning "config-working-dir-path" Image "config.md#properties" V1_0 {
        title: "WorkingDir is an absolute path",
        says: "Sets the current working directory of the entrypoint process in the container.",
        help: "Write the path from the root on: it becomes process.cwd, which has to be absolute.",
        good: r#"{"config": {"WorkingDir": "/srv"}}"#,
        bad: r#"{"config": {"WorkingDir": "srv"}}"#,
    }
    STOP_SIGNAL: Error "config-stop-signal" Image "config.md#properties" V1_0 {
        title: "StopSignal is a string",
        says: "This field contains the system call signal that will be sent to the container to exit.",
        help: "Write the signal's name as a string.",
        good: r#"{"config": {"StopSignal": "SIGTERM"}}"#,
        bad: r#"{"config": {"StopSignal": 15}}"#,
    }
    STOP_SIGNAL_NAME: Warning "config-stop-signal-name" Image "config.md#properties" V1_0 {
        title: "StopSignal is the name of a signal",
        says: "The signal can be a signal name in the format `SIGNAME`, for instance `SIGKILL` or `SIGRTMIN+3`.",
        help: "Write SIG and the signal's name in upper case.",
        good: r#"{"config": {"StopSignal": "SIGRTMIN+3"}}"#,
        bad: r#"{"config": {"StopSignal": "term"}}"#,
    }
    ARGS_ESCAPED: Error "config-args-escaped" Image "config.md#properties" V1_1 {
        title: "ArgsEscaped is a boolean",
        says: "`[Deprecated]` - This field is present only for legacy compatibility with Docker and should not be used by new image builders.",
        help: "Leave it out.",
        good: r#"{"config": {"ArgsEscaped": true}}"#,
        bad: r#"{"config": {"ArgsEscaped": "true"}}"#,
    }
    ARGS_ESCAPED_DEPRECATED: Note "config-args-escaped-deprecated" Image "config.md#properties" V1_1 {
        title: "ArgsEscaped is not used",
        says: "`[Deprecated]` - This field is present only for legacy compatibility with Docker and should not be used by new image builders.",
        help: "Nothing, where Docker wrote it; a new builder leaves it out.",
        good: r#"{"config": {"Cmd": ["a"]}}"#,
        bad: r#"{"config": {"ArgsEscaped": true}}"#,
    }
    RESERVED: Error "config-reserved" Image "config.md#properties" V1_1 {
        title: "Memory, MemorySwap and CpuShares are integers, Healthcheck is an object",
        says: "This property is _reserved_ for use, to [maintain compatibility](media-types.md#compatibility-matrix).",
        help: "Leave them out, or write what Docker would.",
        good: r#"{"config": {"Memory": 0}}"#,
        bad: r#"{"config": {"Memory": "2g"}}"#,
    }
    ROOTFS: Error "config-rootfs" Image "config.md#properties" V1_0 {
        title: "a config has a rootfs, which is an object",
        says: "The rootfs key references the layer content addresses used by the image.",
        help: "Add rootfs with type and diff_ids.",
        good: r#"{"rootfs": {"type": "layers", "diff_ids": []}}"#,
        bad: r#"{"rootfs": null}"#,
    }
    ROOTFS_TYPE: Error "config-rootfs-type" Image "config.md#properties" V1_0 {
        title: "the type of a rootfs is layers",
        says: "MUST be set to `layers`.",
        help: "Set rootfs.type to layers.",
        good: r#"{"rootfs": {"type": "layers", "diff_ids": []}}"#,
        bad: r#"{"rootfs": {"type": "layers+base", "diff_ids": []}}"#,
    }
    DIFF_IDS: Error "config-diff-ids" Image "config.md#properties" V1_0 {
        title: "a rootfs has diff_ids, an array",
        says: "An array of layer content hashes (`DiffIDs`), in order from first to last.",
        help: "Add diff_ids with one digest for each layer; an empty array where there are none.",
        good: r#"{"rootfs": {"type": "layers", "diff_ids": []}}"#,
        bad: r#"{"rootfs": {"type": "layers", "diff_ids": null}}"#,
    }
    DIFF_ID: Error "config-diff-id" Image "config.md#layer-diffid" V1_0 {
        title: "a diff_id is a digest",
        says: "A layer DiffID is the digest over the layer's uncompressed tar archive and serialized in the descriptor digest format, e.g., `sha256:a9561eb1b190625c9adb5a9513e72c4dedafc1cb2d4c5236c9a6957ec7dfd5a9`.",
        help: "Write the digest of the uncompressed tar, with its algorithm.",
        good: r#"{"rootfs": {"type": "layers", "diff_ids": ["sha256:c6f988f4874bb0add23a778f753c65efe992244e148a1d2ec2a8b664fb66bbd1"]}}"#,
        bad: r#"{"rootfs": {"type": "layers", "diff_ids": ["c6f988f4874bb0add23a778f753c65efe992244e148a1d2ec2a8b664fb66bbd1"]}}"#,
    }
    DIFF_ID_COUNT: Error "config-diff-id-count" Image "config.md#properties" V1_0 {
        title: "there are as many diff_ids as layers",
        says: "An array of layer content hashes (`DiffIDs`), in order from first to last.",
        help: "Give each layer of the manifest its diff_id, in the same order.",
        good: "a manifest of three layers, whose config has three diff_ids",
        bad: "a manifest of three layers, whose config has two diff_ids",
    }
    HISTORY: Error "config-history" Image "config.md#properties" V1_0 {
        title: "history is an array of objects",
        says: "Describes the history of each layer.",
        help: "Write an array with an object for each step, or leave it out.",
        good: r#"{"history": []}"#,
        bad: r#"{"history": ["apk add curl"]}"#,
    }
    HISTORY_CREATED: Error "config-history-created" Image "config.md#properties" V1_0 {
        title: "created in the history is a time by RFC 3339",
        says: "A combined date and time at which the layer was created, formatted as defined by [RFC 3339, section 5.6][rfc3339-s5.6].",
        help: "Write it as `date -u +%Y-%m-%dT%H:%M:%SZ` does, or leave it out.",
        good: r#"{"history": [{"created": "2015-10-31T22:22:54Z"}, {}]}"#,
        bad: r#"{"history": [{"created": 1446330174}, {}]}"#,
    }
    HISTORY_MEMBER: Error "config-history-member" Image "config.md#properties" V1_0 {
        title: "author, created_by and comment in the history are strings, empty_layer is a boolean",
        says: "This field is used to mark if the history item created a filesystem diff.",
        help: "Write strings, and true or false for empty_layer.",
        good: r#"{"history": [{"created_by": "apk add curl"}, {"empty_layer": false}]}"#,
        bad: r#"{"history": [{"created_by": ["apk", "add", "curl"]}, {}]}"#,
    }
    HISTORY_EXCESS: Error "config-history-excess" Image "config.md#properties" V1_0 {
        title: "the history has no more steps with a layer than there are diff_ids",
        says: "It is set to true if this history item doesn't correspond to an actual layer in the rootfs section (for example, Dockerfile's [ENV](https://docs.docker.com/engine/reference/builder/#/env) command results in no change to the filesystem).",
        help: "Set empty_layer to true in each step that made no layer.",
        good: r#"{"history": [{}, {}, {"empty_layer": true}]}"#,
        bad: r#"{"history": [{}, {}, {}]}"#,
    }
    HISTORY_MISSING: Warning "config-history-missing" Image "config.md#properties" V1_0 {
        title: "a history, where there is one, has a step for each layer",
        says: "Describes the history of each layer.",
        help: "Add the missing steps, or leave history out: readers match steps with layers by counting.",
        good: r#"{"history": [{}, {}]}"#,
        bad: r#"{"history": [{}]}"#,
    }
}
