//! One file a verb: each calls the libraries and hands what it learnt to `report`.

mod append;
mod build;
mod cat;
mod completion;
mod conformance;
mod container;
mod copy;
mod diff;
mod edit;
mod files;
mod gc;
mod index;
mod init;
mod insert;
mod inspect;
mod ls;
mod ls_path;
mod made;
mod man;
mod mutate;
mod new;
mod open;
mod output;
mod place;
mod platforms;
mod rebase;
mod repack;
mod rm;
mod rootfs;
mod runtime_config;
mod squash;
mod stored;
mod tag;
mod unpack;
mod unpacked;
mod validate;

use crate::cli::Verb;
use crate::report::Voice;

/// Does what was asked for.
pub(crate) fn run(verb: &Verb, voice: Voice) -> anyhow::Result<()> {
    match verb {
        Verb::Unpack(args) => unpack::run(args, voice),
        Verb::Rootfs(args) => rootfs::run(args, voice),
        Verb::RuntimeConfig(args) => runtime_config::run(args, voice),
        Verb::Append(args) => append::run(args, voice),
        Verb::Build(args) => build::run(args, voice),
        Verb::Insert(args) => insert::run(args, voice),
        Verb::Squash(args) => squash::run(args, voice),
        Verb::Rebase(args) => rebase::run(args, voice),
        Verb::Repack(args) => repack::run(args, voice),
        Verb::Mutate(args) => mutate::run(args, voice),
        Verb::Inspect(args) => inspect::run(args, voice),
        Verb::Ls(args) => ls::run(args, voice),
        Verb::Cat(args) => cat::run(args, voice),
        Verb::Diff(args) => diff::run(args, voice),
        Verb::Validate(args) => validate::run(args, voice),
        Verb::Conformance(args) => conformance::run(args, voice),
        Verb::Copy(args) => copy::run(args, voice),
        Verb::Init(args) => init::run(args, voice),
        Verb::New(args) => new::run(args, voice),
        Verb::Tag(args) => tag::run(args, voice),
        Verb::Rm(args) => rm::run(args, voice),
        Verb::Index(args) => index::run(args, voice),
        Verb::Gc(args) => gc::run(args, voice),
        Verb::Completion(args) => completion::run(args),
        Verb::Man(args) => man::run(args),
    }
}
