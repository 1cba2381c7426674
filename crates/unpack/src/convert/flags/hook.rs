//! `STAGE=PATH[,ARG...]`.

use std::str::FromStr;

use ocidian_spec::runtime::Hook;

use crate::convert::FlagError;

/// A program for the runtime to run at a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct HookFlag {
    /// When.
    pub stage: HookStage,
    /// What.
    pub hook: Hook,
}

/// The stages of runtime-spec `config.md`, "POSIX-platform Hooks".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the stages are those of config.md, under their own names")]
pub enum HookStage {
    Prestart,
    CreateRuntime,
    CreateContainer,
    StartContainer,
    Poststart,
    Poststop,
}

const STAGES: &[(&str, HookStage)] = &[
    ("prestart", HookStage::Prestart),
    ("createRuntime", HookStage::CreateRuntime),
    ("createContainer", HookStage::CreateContainer),
    ("startContainer", HookStage::StartContainer),
    ("poststart", HookStage::Poststart),
    ("poststop", HookStage::Poststop),
];

impl FromStr for HookFlag {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let wrong = |reason: &str| FlagError::new(text, reason);
        let (stage, command) = text.split_once('=').ok_or_else(|| wrong("expected STAGE=PATH[,ARG...]"))?;
        let stage = STAGES.iter().find(|(name, _)| name.eq_ignore_ascii_case(stage)).map(|(_, stage)| *stage);
        let stage = stage.ok_or_else(|| {
            let names: Vec<_> = STAGES.iter().map(|(name, _)| *name).collect();
            wrong(&format!("the stage must be one of {}", names.join(", ")))
        })?;
        let args: Vec<String> = command.split(',').map(str::to_owned).collect();
        let path = args.first().cloned().unwrap_or_default();
        if !path.starts_with('/') || text.contains('\0') {
            return Err(wrong("the program's path must be absolute"));
        }
        Ok(Self { stage, hook: Hook { path, args: Some(args), ..Hook::default() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_a_stage_a_path_and_arguments() {
        let flag: HookFlag = "createRuntime=/bin/net,--up,a=b".parse().unwrap();
        assert_eq!(flag.stage, HookStage::CreateRuntime);
        assert_eq!(flag.hook.path, "/bin/net");
        assert_eq!(flag.hook.args.unwrap(), ["/bin/net", "--up", "a=b"]);
        assert_eq!("PostStop=/x".parse::<HookFlag>().unwrap().hook.args.unwrap(), ["/x"]);
    }

    #[test]
    fn what_is_no_hook_is_refused() {
        for text in [
            "",
            "=",
            "/bin/x",
            "prestart",
            "prestart=",
            "prestart=x",
            "prestart=,/x",
            "later=/x",
            "poststop=/\0",
        ] {
            assert!(text.parse::<HookFlag>().is_err(), "{text:?}");
        }
    }
}
