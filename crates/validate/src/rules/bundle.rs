//! Rules about runtime bundles. runtime-spec `bundle.md`, `config.md`, `config-linux.md` and its JSON schema.

const SEMVER: &str = "MUST be in [SemVer v2.0.0][semver-v2.0.0] format and specifies the version of the Open Container Initiative Runtime Specification with which the bundle complies.";

super::rules! {
    CONFIG: Error "bundle-config" Runtime "bundle.md#filesystem-bundle" V1_0 {
        title: "a bundle has a config.json, a regular file that holds an object",
        says: "This REQUIRED file MUST reside in the root of the bundle directory and MUST be named `config.json`.",
        help: "Write the file, with `ocidian runtime-config` or `runc spec` for a beginning.",
        good: "bundle/config.json, bundle/rootfs/",
        bad: "bundle/rootfs/ alone",
    }
    VERSION: Error "bundle-version" Runtime "config.md#specification-version" V1_0 {
        title: "ociVersion is there, a semantic version",
        says: SEMVER,
        help: "Write the version of runtime-spec that the document follows.",
        good: r#""ociVersion": "1.2.0""#,
        bad: r#""ociVersion": "1.2""#,
    }
    VERSION_KNOWN: Note "bundle-version-known" Runtime "config.md#specification-version" V1_0 {
        title: "ociVersion is one that is known here: 1.0 to 1.3",
        says: "The Open Container Initiative Runtime Specification follows semantic versioning and retains forward and backward compatibility within major versions.",
        help: "Rules of other versions are not known here; runtimes may refuse the document.",
        good: r#""ociVersion": "1.2.0""#,
        bad: r#""ociVersion": "2.0.0""#,
    }
    ROOT: Error "bundle-root" Runtime "config.md#root" V1_0 {
        title: "root is there, with a path",
        says: "On all other platforms, this field is REQUIRED.",
        help: "Name the directory of the root file system.",
        good: r#""root": {"path": "rootfs"}"#,
        bad: r#""root": {}"#,
    }
    ROOT_NAME: Warning "bundle-root-name" Runtime "config.md#root" V1_0 {
        title: "the root file system is in the directory rootfs",
        says: "The value SHOULD be the conventional `rootfs`.",
        help: "Name it so, or accept that tools that look for rootfs do not find it.",
        good: r#""root": {"path": "rootfs"}"#,
        bad: r#""root": {"path": "../elsewhere"}"#,
    }
    ROOTFS: Error "bundle-rootfs" Runtime "config.md#root" V1_0 {
        title: "the root file system is there",
        says: "A directory MUST exist at the path declared by the field.",
        help: "Unpack the image into it, or correct root.path, which is relative to the bundle.",
        good: "bundle/rootfs/",
        bad: "no such directory, or a file",
    }
    MOUNTS: Error "bundle-mounts" Runtime "config.md#mounts" V1_0 {
        title: "mounts are objects with a destination, and their members of the right type",
        says: "**`destination`** (string, REQUIRED) Destination of mount point: path inside container.",
        help: "Correct the member that is named.",
        good: r#"{"destination": "/proc", "type": "proc", "source": "proc"}"#,
        bad: r#"{"type": "proc"}"#,
    }
    MOUNT_DESTINATION: Warning "bundle-mount-destination" Runtime "config.md#mounts" V1_0 {
        title: "a mount's destination is absolute on Linux",
        says: "Linux: This value SHOULD be an absolute path.",
        help: "Put a slash before it: relative ones are deprecated, and taken relative to the root.",
        good: r#""destination": "/proc""#,
        bad: r#""destination": "proc""#,
    }
    MOUNT_ABSOLUTE: Error "bundle-mount-absolute" Runtime "config.md#mounts" V1_0 {
        title: "a mount's destination is absolute on other platforms",
        says: "For all other platforms: This value MUST be an absolute path.",
        help: "Write the path from the root.",
        good: r#""destination": "/proc""#,
        bad: r#""destination": "proc""#,
    }
    MOUNT_MAPPINGS: Error "bundle-mount-mappings" Runtime "config.md#posix-platform-mounts" V1_0 {
        title: "a mount has mappings of both users and groups, or none",
        says: "If specified, it MUST be specified along with `gidMappings`.",
        help: "Add the other one.",
        good: "uidMappings and gidMappings",
        bad: "uidMappings alone",
    }
    MOUNT_IDMAP: Warning "bundle-mount-idmap" Runtime "config.md#posix-platform-mounts" V1_0 {
        title: "a mount with mappings has the option idmap or ridmap",
        says: "If specified, the `options` field of the `mounts` structure SHOULD contain either `idmap` or `ridmap` to specify whether the mapping should be applied recursively for `rbind` mounts, as well as to ensure that older runtimes will not silently ignore this field.",
        help: "Add the option, so that a runtime that does not know mappings refuses.",
        good: r#""options": ["bind", "idmap"]"#,
        bad: r#""options": ["bind"]"#,
    }
    PROCESS: Error "bundle-process" Runtime "config.md#process" V1_0 {
        title: "the members of process are of the types that the schema gives",
        says: "**`process`** (object, OPTIONAL) specifies the container process.",
        help: "Correct the member that is named.",
        good: r#""terminal": false"#,
        bad: r#""terminal": "no""#,
    }
    PROCESS_MISSING: Note "bundle-process-missing" Runtime "config.md#process" V1_0 {
        title: "there is a process",
        says: "This property is REQUIRED when [`start`](runtime.md#start) is called.",
        help: "Add one, unless the container is only to be created.",
        good: r#""process": {"cwd": "/", "args": ["sh"]}"#,
        bad: "no process",
    }
    CWD: Error "bundle-cwd" Runtime "config.md#process" V1_0 {
        title: "the process has a working directory, an absolute path",
        says: "This value MUST be an absolute path.",
        help: "Write the path from the root: / if nothing else.",
        good: r#""cwd": "/""#,
        bad: r#""cwd": "srv""#,
    }
    ARGS: Error "bundle-args" Runtime "config.md#process" V1_0 {
        title: "the process has arguments, strings, at least one",
        says: "This specification extends the IEEE standard in that at least one entry is REQUIRED (non-Windows), and that entry is used with the same semantics as `execvp`'s *file*.",
        help: "Name the program.",
        good: r#""args": ["sh"]"#,
        bad: r#""args": []"#,
    }
    ENV: Warning "bundle-env" Runtime "config.md#process" V1_0 {
        title: "the environment is of entries NAME=VALUE",
        says: "**`env`** (array of strings, OPTIONAL) with the same semantics as [IEEE Std 1003.1-2008's `environ`][ieee-1003.1-2008-xbd-c8.1].",
        help: "Write an equals sign after a name; runtimes refuse or drop the entry.",
        good: r#""env": ["TERM=xterm"]"#,
        bad: r#""env": ["TERM"]"#,
    }
    USER: Error "bundle-user" Runtime "config.md#user" V1_0 {
        title: "the user has a uid and a gid, integers of 32 bits",
        says: "**`uid`** (int, REQUIRED) specifies the user ID in the [container namespace](glossary.md#container-namespace).",
        help: "Add the number; names are looked up when the bundle is made.",
        good: r#""user": {"uid": 0, "gid": 0}"#,
        bad: r#""user": {"uid": 0}"#,
    }
    CAPABILITIES: Error "bundle-capabilities" Runtime "config.md#linux-process" V1_0 {
        title: "capabilities are lists of names",
        says: "**`capabilities`** (object, OPTIONAL) is an object containing arrays that specifies the sets of capabilities for the process.",
        help: "Write an object of arrays: bounding, effective, inheritable, permitted, ambient.",
        good: r#""capabilities": {"bounding": ["CAP_KILL"]}"#,
        bad: r#""capabilities": ["CAP_KILL"]"#,
    }
    CAPABILITY: Warning "bundle-capability" Runtime "config.md#linux-process" V1_0 {
        title: "capabilities are ones that Linux has",
        says: "Valid values are defined in the [capabilities(7)][capabilities.7] man page, such as `CAP_CHOWN`.",
        help: "Correct the name, which is in capitals and begins with CAP_; runtimes leave others out with a warning.",
        good: "CAP_NET_ADMIN",
        bad: "NET_ADMIN",
    }
    RLIMITS: Error "bundle-rlimits" Runtime "config.md#posix-process" V1_0 {
        title: "resource limits have a known type, a soft and a hard value",
        says: "The runtime MUST [generate an error](runtime.md#errors) for any values which cannot be mapped to a relevant kernel interface.",
        help: "Correct the member that is named; getrlimit(2) has the types.",
        good: r#"{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 4096}"#,
        bad: r#"{"type": "RLIMIT_FILES", "soft": 1024}"#,
    }
    RLIMIT_REPEATED: Error "bundle-rlimit-repeated" Runtime "config.md#posix-process" V1_0 {
        title: "a resource is limited once",
        says: "If `rlimits` contains duplicated entries with same `type`, the runtime MUST [generate an error](runtime.md#errors).",
        help: "Remove all but one.",
        good: "RLIMIT_NOFILE, RLIMIT_CORE",
        bad: "RLIMIT_NOFILE, RLIMIT_NOFILE",
    }
    RLIMIT_SOFT: Error "bundle-rlimit-soft" Runtime "config.md#posix-process" V1_0 {
        title: "a soft limit is not beyond the hard one",
        says: "**`hard`** (uint64, REQUIRED) the ceiling for the soft limit that could be set by an unprivileged process.",
        help: "Raise the hard limit or lower the soft one: setrlimit(2) refuses.",
        good: r#""soft": 1024, "hard": 4096"#,
        bad: r#""soft": 4096, "hard": 1024"#,
    }
    SCHEDULER: Error "bundle-scheduler" Runtime "config.md#linux-process" V1_0 {
        title: "the scheduler has a policy, and only known ones and known flags",
        says: "**`policy`** (string, REQUIRED) represents the scheduling policy.  A valid list of values is:",
        help: "Use a policy and flags of that list.",
        good: r#""scheduler": {"policy": "SCHED_OTHER"}"#,
        bad: r#""scheduler": {"policy": "SCHED_FAST"}"#,
    }
    IO_PRIORITY: Error "bundle-io-priority" Runtime "config.md#linux-process" V1_0 {
        title: "the I/O priority has a known class and a priority from 0 to 7",
        says: "**`class`** (string, REQUIRED) specifies the I/O scheduling class. Possible values are `IOPRIO_CLASS_RT`, `IOPRIO_CLASS_BE`, and `IOPRIO_CLASS_IDLE`.",
        help: "Correct the member that is named.",
        good: r#""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4}"#,
        bad: r#""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8}"#,
    }
    HOSTNAME: Error "bundle-hostname" Runtime "config.md#hostname" V1_0 {
        title: "host name and domain name are strings",
        says: "**`hostname`** (string, OPTIONAL) specifies the container's hostname as seen by processes running inside the container.",
        help: "Write a string, or leave the member out.",
        good: r#""hostname": "box""#,
        bad: r#""hostname": 7"#,
    }
    HOSTNAME_NAMESPACE: Warning "bundle-hostname-namespace" Runtime "config.md#hostname" V1_0 {
        title: "a container with a host name has a UTS namespace",
        says: "Depending on your [namespace configuration](config-linux.md#namespaces), the container UTS namespace may be the [runtime](glossary.md#runtime-namespace) [UTS namespace][uts-namespace.7].",
        help: "Add the namespace uts: without it the host's own name would change, which runc refuses.",
        good: r#""hostname": "box", and a namespace of type uts"#,
        bad: r#""hostname": "box" without one"#,
    }
    HOOKS: Error "bundle-hooks" Runtime "config.md#posix-platform-hooks" V1_0 {
        title: "hooks are lists of objects with a path",
        says: "**`path`** (string, REQUIRED) with similar semantics to [IEEE Std 1003.1-2008 `execv`'s *path*][ieee-1003.1-2008-functions-exec].",
        help: "Correct the member that is named.",
        good: r#""poststop": [{"path": "/usr/bin/clean"}]"#,
        bad: r#""poststop": [{"args": ["clean"]}]"#,
    }
    HOOK_PATH: Error "bundle-hook-path" Runtime "config.md#posix-platform-hooks" V1_0 {
        title: "a hook's path is absolute",
        says: "This specification extends the IEEE standard in that **`path`** MUST be absolute.",
        help: "Write the path from the root: PATH is not searched.",
        good: r#""path": "/usr/bin/clean""#,
        bad: r#""path": "clean""#,
    }
    HOOK_TIMEOUT: Error "bundle-hook-timeout" Runtime "config.md#posix-platform-hooks" V1_0 {
        title: "a hook's timeout is more than zero",
        says: "If set, `timeout` MUST be greater than zero.",
        help: "Leave it out for none.",
        good: r#""timeout": 30"#,
        bad: r#""timeout": 0"#,
    }
    HOOK_PRESTART: Note "bundle-hook-prestart" Runtime "config.md#prestart" V1_0 {
        title: "no hooks are of the deprecated kind prestart",
        says: "Note: `prestart` hooks were deprecated in favor of `createRuntime`, `createContainer` and `startContainer` hooks, which allow more granular hook control during the create and start phase.",
        help: "Use one of these.",
        good: r#""createRuntime": [{"path": "/usr/bin/net"}]"#,
        bad: r#""prestart": [{"path": "/usr/bin/net"}]"#,
    }
    ANNOTATIONS: Error "bundle-annotations" Runtime "config.md#annotations" V1_0 {
        title: "annotations are a map of strings, and no key is empty",
        says: "Annotations MUST be a key-value map.",
        help: "Write an object whose values are strings.",
        good: r#""annotations": {"com.example.key": "1"}"#,
        bad: r#""annotations": {"com.example.key": 1}"#,
    }
    ANNOTATION_KEY: Warning "bundle-annotation-key" Runtime "config.md#annotations" V1_0 {
        title: "keys of annotations are reversed domain names",
        says: "Keys SHOULD be named using a reverse domain notation - e.g. `com.example.myKey`.",
        help: "Put a domain of your own before the key. Labels of an image become annotations as they are.",
        good: "com.example.key",
        bad: "key",
    }
    PLATFORM: Warning "bundle-platform" Runtime "config.md#platform-specific-configuration" V1_0 {
        title: "a document is for one platform",
        says: "This MAY be set if the target platform of this spec is `linux`.",
        help: "Remove the sections of other platforms; linux beside windows is for Linux containers on Windows.",
        good: "linux",
        bad: "linux and solaris",
    }
    LINUX: Error "bundle-linux" Runtime "config-linux.md#linux-container-configuration" V1_0 {
        title: "the members of linux are of the types that the schema gives",
        says: "The Linux container specification uses various kernel features like namespaces, cgroups, capabilities, LSM, and filesystem jails to fulfill the spec.",
        help: "Correct the member that is named.",
        good: r#""cgroupsPath": "/box""#,
        bad: r#""cgroupsPath": 7"#,
    }
    NAMESPACES: Error "bundle-namespaces" Runtime "config-linux.md#namespaces" V1_0 {
        title: "namespaces are of a known type",
        says: "**`type`** *(string, REQUIRED)* - namespace type. The following namespace types SHOULD be supported:",
        help: "Use pid, network, mount, ipc, uts, user, cgroup or time.",
        good: r#"{"type": "network"}"#,
        bad: r#"{"type": "net"}"#,
    }
    NAMESPACE_REPEATED: Error "bundle-namespace-repeated" Runtime "config-linux.md#namespaces" V1_0 {
        title: "there is one namespace of a type",
        says: "If a `namespaces` field contains duplicated namespaces with same `type`, the runtime MUST [generate an error](runtime.md#errors).",
        help: "Remove all but one.",
        good: "pid, mount",
        bad: "pid, mount, pid",
    }
    NAMESPACE_PATH: Error "bundle-namespace-path" Runtime "config-linux.md#namespaces" V1_0 {
        title: "a namespace's path is absolute",
        says: "This value MUST be an absolute path in the [runtime mount namespace](glossary.md#runtime-namespace).",
        help: "Write the path from the root.",
        good: r#""path": "/proc/1234/ns/net""#,
        bad: r#""path": "ns/net""#,
    }
    ID_MAPPINGS: Error "bundle-id-mappings" Runtime "config-linux.md#user-namespace-mappings" V1_0 {
        title: "a mapping has containerID, hostID and size, integers of 32 bits",
        says: "**`size`** *(uint32, REQUIRED)* - is the number of ids to be mapped.",
        help: "Correct the member that is named.",
        good: r#"{"containerID": 0, "hostID": 100000, "size": 65536}"#,
        bad: r#"{"containerID": 0, "hostID": 100000}"#,
    }
    ID_MAPPINGS_UNUSED: Warning "bundle-id-mappings-unused" Runtime "config-linux.md#user-namespace-mappings" V1_0 {
        title: "a document with mappings has a user namespace",
        says: "**`uidMappings`** (array of objects, OPTIONAL) describes the user namespace uid mappings from the host to the container.",
        help: "Add the namespace user, or remove the mappings: runtimes refuse, or pass over them.",
        good: "uidMappings, and a namespace of type user",
        bad: "uidMappings without one",
    }
    DEVICES: Error "bundle-devices" Runtime "config-linux.md#devices" V1_0 {
        title: "a device has a type and a path, and its members are of the right type",
        says: "**`type`** *(string, REQUIRED)* - type of device: `c`, `b`, `u` or `p`.",
        help: "Correct the member that is named; fileMode is decimal.",
        good: r#"{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}"#,
        bad: r#"{"path": "/dev/fuse", "type": "char"}"#,
    }
    DEVICE_PATH: Error "bundle-device-path" Runtime "config-linux.md#devices" V1_0 {
        title: "a device's path is absolute",
        says: "**`path`** *(string, REQUIRED)* - full path to device inside container.",
        help: "Write the path from the root.",
        good: r#""path": "/dev/fuse""#,
        bad: r#""path": "fuse""#,
    }
    DEVICE_NUMBER: Error "bundle-device-number" Runtime "config-linux.md#devices" V1_0 {
        title: "a device that is no FIFO has a major and a minor number",
        says: "**`major, minor`** *(int64, REQUIRED unless `type` is `p`)* - [major, minor numbers][devices] for the device.",
        help: "Add the numbers.",
        good: r#"{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}"#,
        bad: r#"{"path": "/dev/fuse", "type": "c"}"#,
    }
    DEVICE_REPEATED: Warning "bundle-device-repeated" Runtime "config-linux.md#devices" V1_0 {
        title: "no two devices have the same type and numbers",
        says: "The same `type`, `major` and `minor` SHOULD NOT be used for multiple devices.",
        help: "Remove one, or make a symbolic link of it.",
        good: "c 10:229, c 10:200",
        bad: "c 10:229 at two paths",
    }
    RESOURCES: Error "bundle-resources" Runtime "config-linux.md#control-groups" V1_0 {
        title: "the members of resources are of the types that the schema gives",
        says: "You can configure a container's cgroups via the `resources` field of the Linux configuration.",
        help: "Correct the member that is named.",
        good: r#""memory": {"limit": 1048576}"#,
        bad: r#""memory": {"limit": "1M"}"#,
    }
    BLOCK_IO_WEIGHT: Error "bundle-block-io-weight" Runtime "config-linux.md#block-io" V1_0 {
        title: "a device's weight has a weight or a leafWeight",
        says: "You MUST specify at least one of `weight` or `leafWeight` in a given entry, and MAY specify both.",
        help: "Add one.",
        good: r#"{"major": 8, "minor": 0, "weight": 500}"#,
        bad: r#"{"major": 8, "minor": 0}"#,
    }
    RDMA: Error "bundle-rdma" Runtime "config-linux.md#rdma" V1_0 {
        title: "an RDMA limit has hcaHandles or hcaObjects",
        says: "You MUST specify at least one of the `hcaHandles` or `hcaObjects` in a given entry, and MAY specify both.",
        help: "Add one.",
        good: r#""mlx5_1": {"hcaHandles": 3}"#,
        bad: r#""mlx5_1": {}"#,
    }
    INTEL_RDT: Error "bundle-intel-rdt" Runtime "config-linux.md#intelrdt" V1_0 {
        title: "intelRdt's schemata are single lines, and memBwSchema begins with MB:",
        says: "The value MUST start with `MB:` and MUST NOT contain newlines.",
        help: "Correct the member that is named.",
        good: r#""memBwSchema": "MB:0=20""#,
        bad: r#""memBwSchema": "L3:0=20""#,
    }
    PROPAGATION: Error "bundle-propagation" Runtime "config-linux.md#rootfs-mount-propagation" V1_0 {
        title: "rootfsPropagation is shared, slave, private or unbindable",
        says: "Its value is either `shared`, `slave`, `private` or `unbindable`.",
        help: "Use one of these; some runtimes also take the recursive ones, as rslave.",
        good: r#""rootfsPropagation": "slave""#,
        bad: r#""rootfsPropagation": "none""#,
    }
    SECCOMP: Error "bundle-seccomp" Runtime "config-linux.md#seccomp" V1_0 {
        title: "seccomp has a default action, and actions, architectures, operators and flags are known ones",
        says: "**`defaultAction`** *(string, REQUIRED)* - the default action for seccomp. Allowed values are the same as `syscalls[].action`.",
        help: "Correct the member that is named.",
        good: r#""defaultAction": "SCMP_ACT_ERRNO""#,
        bad: r#""defaultAction": "DENY""#,
    }
    SECCOMP_NAMES: Error "bundle-seccomp-names" Runtime "config-linux.md#seccomp" V1_0 {
        title: "a rule of seccomp names a system call",
        says: "`names` MUST contain at least one entry.",
        help: "Name one, or remove the rule.",
        good: r#""names": ["reboot"]"#,
        bad: r#""names": []"#,
    }
    SECCOMP_LISTENER: Error "bundle-seccomp-listener" Runtime "config-linux.md#seccomp" V1_0 {
        title: "seccomp has listenerMetadata only with a listenerPath",
        says: "This field MUST NOT be set if `listenerPath` is not set.",
        help: "Add the path, or remove the metadata.",
        good: "listenerPath and listenerMetadata",
        bad: "listenerMetadata alone",
    }
    MASKED_PATHS: Error "bundle-masked-paths" Runtime "config-linux.md#masked-paths" V1_0 {
        title: "masked paths are absolute",
        says: "The values MUST be absolute paths in the [container namespace](glossary.md#container_namespace).",
        help: "Write the path from the root.",
        good: r#""maskedPaths": ["/proc/kcore"]"#,
        bad: r#""maskedPaths": ["proc/kcore"]"#,
    }
    READONLY_PATHS: Error "bundle-readonly-paths" Runtime "config-linux.md#readonly-paths" V1_0 {
        title: "read-only paths are absolute",
        says: "The values MUST be absolute paths in the [container namespace](glossary.md#container-namespace).",
        help: "Write the path from the root.",
        good: r#""readonlyPaths": ["/proc/sys"]"#,
        bad: r#""readonlyPaths": ["proc/sys"]"#,
    }
    PERSONALITY: Error "bundle-personality" Runtime "config-linux.md#personality" V1_0 {
        title: "the personality has a known domain",
        says: "**`domain`** *(string, REQUIRED)* - the execution domain.",
        help: "Use LINUX or LINUX32.",
        good: r#""personality": {"domain": "LINUX32"}"#,
        bad: r#""personality": {"domain": "BSD"}"#,
    }
    VM: Error "bundle-vm" Runtime "config-vm.md#virtual-machine-specific-container-configuration" V1_0 {
        title: "vm has a kernel with a path, and its other members are of the right type",
        says: "**`kernel`** (object, REQUIRED) specifies details of the kernel to boot the container virtual machine with.",
        help: "Correct the member that is named.",
        good: r#""vm": {"kernel": {"path": "/boot/vmlinux"}}"#,
        bad: r#""vm": {}"#,
    }
    WINDOWS: Error "bundle-windows" Runtime "config-windows.md#layerfolders" V1_0 {
        title: "windows has layerFolders, strings",
        says: "**`layerFolders`** (array of strings, REQUIRED) specifies a list of layer folders the container image relies on.",
        help: "List the folders from the topmost layer down to the base.",
        good: r#""layerFolders": ["C:\\Layers\\1"]"#,
        bad: r#""windows": {}"#,
    }
}
