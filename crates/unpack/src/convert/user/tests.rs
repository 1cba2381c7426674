use std::io;

use super::super::Attributes;
use super::*;

struct Etc<'a> {
    passwd: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
}

impl ImageFiles for Etc<'_> {
    fn read(&self, path: &str, cap: u64) -> io::Result<Option<Vec<u8>>> {
        let text = match path {
            PASSWD => self.passwd,
            GROUP => self.group,
            _ => panic!("{path} is none of a conversion's business"),
        };
        match text {
            Some(text) if text.len() as u64 > cap => Err(io::ErrorKind::FileTooLarge.into()),
            text => Ok(text.map(<[u8]>::to_vec)),
        }
    }

    fn stat(&self, _: &str) -> io::Result<Option<Attributes>> {
        unreachable!("only volumes are looked at")
    }
}

const PASSWD_TEXT: &[u8] = b"\
# a comment:x:9:9:::
root:x:0:0:root:/root:/bin/sh
+nis:x:8:8::/nis:
:x:7:7::/noname:
app:x:1000:1001:App:/home/app:/bin/sh
app:x:2000:2000:second of that name:/:
short:x:1100:1101
1234:x:1:1:named like a number:/n:
toomany:x:1:1:a:b:c:d
huge:x:4294967296:1:::
minus:x:-1:1:::
none:x:4294967295:1:::
nogid:x:5::::
rel:x:1200:1200::relative:
latin:x:1300:1300::/\xe9:
hex:x:0x10:1:::
nul\0:x:6:6:::
last:x:1400:1400::/last:/bin/sh";

const GROUP_TEXT: &[u8] = b"\
root:x:0:
wheel:x:10:root,app
audio:x:29:other,app,third
applike:x:30:apple
again:x:29:app
primary:x:1001:app
users:x:100
bad:x:nan:app
worse:x:4294967295:app
toomany:x:31:app:app
";

fn find(user: &str) -> Result<Account, ConvertError> {
    let etc = Etc { passwd: Some(PASSWD_TEXT), group: Some(GROUP_TEXT) };
    look_up(user, true, &etc, &mut Vec::new())
}

#[test]
fn users_are_found_as_the_specification_says() {
    let table: &[(&str, u32, u32, &[u32], &str)] = &[
        ("", 0, 0, &[], "/root"),
        ("root", 0, 0, &[10], "/root"),
        ("0", 0, 0, &[], "/root"),
        ("app", 1000, 1001, &[10, 29], "/home/app"),
        ("app:", 1000, 1001, &[10, 29], "/home/app"),
        ("app:wheel", 1000, 10, &[], "/home/app"),
        ("app:7", 1000, 7, &[], "/home/app"),
        ("1000", 1000, 1001, &[], "/home/app"),
        ("1000:audio", 1000, 29, &[], "/home/app"),
        ("1000:0", 1000, 0, &[], "/home/app"),
        ("0001000", 1000, 1001, &[], "/home/app"),
        ("1234", 1234, 0, &[], "/"),
        ("4294967294:4294967294", 4_294_967_294, 4_294_967_294, &[], "/"),
        ("short", 1100, 1101, &[], "/"),
        ("short:users", 1100, 100, &[], "/"),
        ("rel", 1200, 1200, &[], "/"),
        ("latin", 1300, 1300, &[], "/"),
        ("last", 1400, 1400, &[], "/last"),
    ];
    for (user, uid, gid, groups, home) in table {
        let home = Some((*home).to_owned());
        let expected = Account { uid: *uid, gid: *gid, groups: groups.to_vec(), home };
        assert_eq!(find(user).unwrap(), expected, "{user:?}");
    }
}

#[test]
fn what_is_no_user_is_refused() {
    let users = [
        "nobody",
        "4294967295",
        "4294967296",
        "99999999999999999999",
        "-1",
        "+1",
        " 0",
        "0x10",
        "0:-1",
        "0:4294967295",
        "0:nogroup",
        "0:bad",
        ":0",
        ":",
        "a:b:c",
        "0:0:0",
        "huge",
        "minus",
        "none",
        "nogid",
        "hex",
        "toomany",
        "nis",
        "# a comment",
        "root\n",
        "app:toomany",
        "app:worse",
        "\u{661}",
    ];
    for user in users {
        assert!(matches!(find(user), Err(ConvertError::User { .. })), "{user:?}: {:?}", find(user));
    }
}

#[test]
fn without_the_files_only_numbers_stand() {
    let etc = Etc { passwd: None, group: None };
    let find = |user| look_up(user, true, &etc, &mut Vec::new());
    assert_eq!(find("5:6").unwrap(), Account { uid: 5, gid: 6, groups: vec![], home: Some("/".to_owned()) });
    assert_eq!(find("5").unwrap().gid, 0);
    assert_eq!(find("").unwrap().home.as_deref(), Some("/"));
    assert!(find("root").is_err());
    assert!(find("0:root").is_err());
}

#[test]
fn files_that_nothing_depends_on_cannot_fail() {
    let huge = vec![b'\n'; usize::try_from(FILE_CAP).unwrap() + 1];
    let etc = Etc { passwd: Some(&huge), group: Some(&huge) };
    let mut warnings = Vec::new();
    assert_eq!(look_up("5:6", false, &etc, &mut warnings).unwrap().home, None);
    assert_eq!(warnings.len(), 0);
    assert_eq!(look_up("5:6", true, &etc, &mut warnings).unwrap().home.as_deref(), Some("/"));
    assert_eq!(warnings.len(), 1);
    for user in ["5", "app", "5:wheel"] {
        assert!(
            matches!(look_up(user, false, &etc, &mut warnings), Err(ConvertError::File { .. })),
            "{user}"
        );
    }
}

#[test]
fn lines_and_lists_beyond_measure_count_for_nothing() {
    let long = [b"long:x:1:1::/".as_slice(), &vec![b'a'; LINE_CAP], b":\nok:x:2:2::/:"].concat();
    let etc = Etc { passwd: Some(&long), group: None };
    assert!(look_up("long", true, &etc, &mut Vec::new()).is_err());
    assert_eq!(look_up("ok", true, &etc, &mut Vec::new()).unwrap().uid, 2);

    let many: String = (0..70_000).map(|gid| format!("g:x:{gid}:ok\n")).collect();
    let etc = Etc { passwd: Some(&long), group: Some(many.as_bytes()) };
    let mut warnings = Vec::new();
    assert_eq!(look_up("ok", true, &etc, &mut warnings).unwrap().groups.len(), MAX_GROUPS);
    assert_eq!(warnings.len(), 1);
}
