//! `init`: an empty layout.

use std::path::Path;

use anyhow::bail;
use ocidian_image_layout::LayoutDir;
use ocidian_spec::{ImageSource, Selector};
use serde::Serialize;

use crate::cli::{Format, Init};
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::{self, Voice, escape, json};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    layout: String,
    created: bool,
}

pub(crate) fn run(args: &Init, voice: Voice) -> anyhow::Result<()> {
    let path = match &args.layout {
        ImageSource::Oci { path, select: Selector::Sole } => path.as_path(),
        ImageSource::Bare(text) if !text.contains(':') => Path::new(text),
        other => {
            let told = format!(
                "init makes a layout, and {other} is not the path of one; `ocidian new` makes an image"
            );
            return Err(Usage(told).into());
        }
    };
    let there = LayoutDir::open(path).is_ok();
    if there && !args.if_missing {
        bail!("{} is an image layout already; --if-missing leaves it as it is", path.display());
    }
    // Too quick to be stopped but while it waits; what it stages must not be left.
    let interrupt = Interrupt::catch()?;
    LayoutDir::create_with_cancel(path, &interrupt.cancel())
        .map_err(|error| interrupt.explain(error.into()))?;
    let report = Report { layout: path.display().to_string(), created: !there };
    match args.format.format {
        Format::Json => report::to_stdout(|out| json::write(out, &report)),
        Format::Text if voice.is_quiet() => Ok(()),
        Format::Text => report::to_stdout(|out| {
            use std::io::Write;
            let what = if there { "is an image layout already" } else { "is an empty image layout" };
            writeln!(out, "{} {what}", escape::text(&report.layout))
        }),
    }
}
