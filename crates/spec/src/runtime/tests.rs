use super::*;

const DOCUMENT: &str = r#"{
  "ociVersion": "1.0.2",
  "root": {
    "path": "rootfs",
    "readonly": true
  },
  "mounts": [
    {
      "destination": "/proc",
      "type": "proc",
      "source": "proc"
    }
  ],
  "process": {
    "user": {
      "uid": 1000,
      "gid": 100,
      "additionalGids": [
        4,
        24
      ]
    },
    "args": [
      "sh"
    ],
    "cwd": "/",
    "noNewPrivileges": true
  },
  "hooks": {
    "createRuntime": [
      {
        "path": "/bin/true",
        "timeout": 5
      }
    ]
  },
  "annotations": {
    "a": "1",
    "b": ""
  },
  "linux": {
    "uidMappings": [
      {
        "containerID": 0,
        "hostID": 1000,
        "size": 1
      }
    ],
    "namespaces": [
      {
        "type": "pid"
      },
      {
        "type": "network",
        "path": "/proc/1/ns/net"
      }
    ],
    "seccomp": {
      "defaultAction": "SCMP_ACT_ERRNO",
      "syscalls": [{"names":["read"]}]
    },
    "maskedPaths": [
      "/proc/kcore"
    ],
    "timeOffsets": {"monotonic":{"secs":1}}
  },
  "domainname": "example.org",
  "vm": null
}
"#;

#[test]
fn what_is_read_is_written_again() {
    let spec = Spec::parse(DOCUMENT.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(spec.to_json().unwrap()).unwrap(), DOCUMENT);
    assert_eq!(Spec::parse(&spec.to_json().unwrap()).unwrap(), spec);
}

#[test]
fn a_process_may_leave_its_user_out() {
    let spec = Spec::parse(br#"{"ociVersion":"1.0.2","process":{"cwd":"/"}}"#).unwrap();
    assert_eq!(spec.process.as_ref().unwrap().user, None);
    assert!(!String::from_utf8(spec.to_json().unwrap()).unwrap().contains("user"));
}

#[test]
fn what_is_no_runtime_configuration_is_refused() {
    for text in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"ociVersion":1}"#,
        r#"{"ociVersion":"1.0.2","mounts":[{}]}"#,
        r#"{"ociVersion":"1.0.2","linux":{"seccomp":[]}}"#,
        r#"{"ociVersion":"1.0.2","x":{"y":1,"y":1}}"#,
    ] {
        assert!(matches!(Spec::parse(text.as_bytes()), Err(Error::Document { .. })), "{text}");
    }
}

#[test]
fn a_mapping_contains_its_range() {
    let mapping = IdMapping { container_id: 10, host_id: 100_000, size: 2 };
    assert_eq!([9, 10, 11, 12].map(|id| mapping.contains(id)), [false, true, true, false]);
    let last = IdMapping { container_id: u32::MAX, host_id: 0, size: u32::MAX };
    assert!(last.contains(u32::MAX) && !last.contains(0));
}
