//! `runtime-config`: the `config.json` that a bundle of the image would have.

use std::io::Write;

use ocidian_unpack::convert::convert;
use ocidian_unpack::user_namespace;

use super::{container, files, open};
use crate::cli::RuntimeConfig;
use crate::report::{self, Voice};

pub(crate) fn run(args: &RuntimeConfig, voice: Voice) -> anyhow::Result<()> {
    let owners = container::owners(&args.ids, voice)?;
    let mut options = container::runtime(&args.runtime)?;
    options.user_namespace = user_namespace(&owners.map, owners.rootless);
    let chosen = open::choose(&args.image, voice)?;
    let converted =
        files::with_tree(&chosen, voice, |config, tree| Ok(convert(config.value(), tree, &options)?))?;
    converted.warnings.iter().for_each(|warning| voice.warn(warning));
    let document = converted.spec.to_json()?;
    report::to_stdout(|out| out.write_all(&document))
}
