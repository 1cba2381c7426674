//! `validate`: findings are data, and decide the exit code; whatever stops the work is an error of code 2.

mod piped;
mod rules;
mod text;

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;

use ocidian_content::Cancel;
use ocidian_image_layout::Options;
use ocidian_spec::ImageSource;
use ocidian_validate::{Environment, Settings, Target, Type, validate};

use self::piped::Piped;
use crate::cli::{Kind, ReportFormat, Validate};
use crate::exit::{Invalid, NotRun};
use crate::report::{self, Voice, json};

/// Validates what was named, or shows the rules.
pub(crate) fn run(args: &Validate, voice: Voice) -> anyhow::Result<()> {
    if let Some(id) = &args.explain {
        return rules::explain(id, args.format);
    }
    let Some(target) = args.target.as_ref().filter(|_| !args.rules) else { return rules::list(args.format) };
    let report = look(args, target, voice).map_err(|error| error.context(NotRun))?;
    report::to_stdout(|out| match args.format {
        ReportFormat::Text => text::write(out, &report, text::colours(), voice),
        ReportFormat::Json => json::write(out, &report.to_json()),
        ReportFormat::Junit => out.write_all(report.to_junit().as_bytes()),
        ReportFormat::Sarif => json::write(out, &report.to_sarif(env!("CARGO_PKG_VERSION"))),
    })?;
    if report.passed() { Ok(()) } else { Err(Invalid.into()) }
}

/// Validates a target that is named, or piped in.
fn look(args: &Validate, target: &OsStr, voice: Voice) -> anyhow::Result<ocidian_validate::Report> {
    let options = Options { max_bytes: args.max_bytes };
    let Some(piped) = Piped::read(target, &options)? else { return check(args, target, &options, voice) };
    let mut report =
        check(args, &piped.path(), &options, voice).map_err(|error| piped.rename_error(&error))?;
    piped.rename(&mut report);
    Ok(report)
}

fn check(
    args: &Validate,
    target: &OsStr,
    options: &Options,
    voice: Voice,
) -> anyhow::Result<ocidian_validate::Report> {
    let file = || PathBuf::from(target);
    let target = match args.kind {
        Some(Kind::Manifest) => Target::Document(file(), Type::Manifest(None)),
        Some(Kind::Index) => Target::Document(file(), Type::Index(None)),
        Some(Kind::Config) => Target::Document(file(), Type::Config),
        Some(Kind::Descriptor) => Target::Document(file(), Type::Descriptor),
        Some(Kind::Layout) => Target::Document(file(), Type::Layout),
        Some(Kind::Layer) => Target::Layer(file()),
        Some(Kind::Bundle) => Target::Bundle(file()),
        None => {
            let text = target
                .to_str()
                .ok_or_else(|| anyhow::anyhow!("{}: the name is not UTF-8", target.display()))?;
            Target::recognise(text.parse::<ImageSource>()?, args.max_bytes)?
        }
    };
    let settings = Settings {
        only: args.only.clone(),
        ignore: args.ignore.clone(),
        strict: args.strict,
        spec: args.spec,
        depth: args.depth.into(),
    };
    let progress = voice.progress();
    let environment = Environment { options, progress: &*progress, cancel: &Cancel::new() };
    Ok(validate(&target, &settings, environment)?)
}
