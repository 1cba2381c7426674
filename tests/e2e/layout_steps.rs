//! Commands that change a layout, and what each makes of its tags: for tests that stop them half way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bin::ok;
use crate::whole::{Chance, Whole, images};

/// What a command makes of the tags.
#[derive(Debug, Clone)]
pub(crate) enum Becomes {
    /// They stay.
    Same,
    /// One of them stands for that digest.
    There(String, String),
    /// One of them stands for something else.
    Other(String),
    /// One of them goes.
    Gone(String),
}

/// A command and what it makes.
pub(crate) struct Step {
    pub(crate) arguments: Vec<String>,
    becomes: Becomes,
}

/// Kinds of steps: `copy`, `tag`, `rm`, `index add`, `mutate`, `gc`.
pub(crate) const KINDS: u64 = 6;

const IMAGES: u64 = 6;

/// Where steps come from.
pub(crate) struct Steps {
    source: PathBuf,
    /// Of the source's images.
    digests: Vec<String>,
    base: String,
    /// How many steps there were, so that each makes something new.
    made: u64,
}

fn image(layout: &Path, tag: &str) -> String {
    format!("oci:{}:{tag}", layout.display())
}

impl Steps {
    /// Makes a source of images, and the layout: `base`, `edit`, a tag to be removed, the index `multi`, and some
    /// garbage.
    pub(crate) fn new(source: &Path, layout: &Path) -> Self {
        let names: Vec<String> = (0..IMAGES).map(|n| format!("img{n}")).collect();
        let digests = images(source, &names);
        let base = images(layout, &["base", "edit", "old", "garbage"].map(str::to_owned)).swap_remove(0);
        ok(["rm", "-q", &image(layout, "garbage")]);
        ok(["index", "create", "-q", &image(layout, "multi"), &image(layout, "base")]);
        Self { source: source.to_owned(), digests, base, made: 0 }
    }

    /// A step on the layout, whose tags are those of `now`.
    pub(crate) fn step(&mut self, kind: u64, layout: &Path, chance: &mut Chance, now: &Whole) -> Step {
        self.made += 1;
        let (made, to) = (self.made, |tag: &str| image(layout, tag));
        let (arguments, becomes) = match kind {
            0 => {
                let (from, tag) = (chance.below(IMAGES), format!("copy{}", chance.below(3)));
                let digest = self.digests[from as usize].clone();
                let from = image(&self.source, &format!("img{from}"));
                (vec!["copy".to_owned(), from, to(&tag)], Becomes::There(tag, digest))
            }
            1 => {
                let tag = format!("tag{}", chance.below(3));
                (vec!["tag".to_owned(), to("base"), tag.clone()], Becomes::There(tag, self.base.clone()))
            }
            2 => {
                let kept = ["base", "edit", "multi"];
                let mut tags = now.tags.keys().filter(|tag| !kept.contains(&tag.as_str()));
                let Some(tag) = tags.next() else { return self.step(1, layout, chance, now) };
                (vec!["rm".to_owned(), to(tag)], Becomes::Gone(tag.clone()))
            }
            3 => {
                let platform = format!("linux/other{made}");
                let add = ["index", "add", "--as-platform", &platform, &to("multi"), &to("base")];
                (add.map(str::to_owned).to_vec(), Becomes::Other("multi".to_owned()))
            }
            4 => {
                let edit = ["mutate", &to("edit"), "--label", &format!("made={made}")].map(str::to_owned);
                (edit.to_vec(), Becomes::Other("edit".to_owned()))
            }
            _ => {
                let layout = layout.display().to_string();
                (["gc", "--grace", "0", &layout].map(str::to_owned).to_vec(), Becomes::Same)
            }
        };
        Step { arguments, becomes }
    }
}

impl Step {
    /// Whether the tags are what they were, or what they were to be.
    pub(crate) fn fits(&self, before: &Whole, after: &Whole) -> bool {
        before.tags == after.tags || self.done(before, after)
    }

    /// Whether the tags are what they were to be.
    pub(crate) fn done(&self, before: &Whole, after: &Whole) -> bool {
        let mut expected: BTreeMap<String, String> = before.tags.clone();
        match &self.becomes {
            Becomes::Same => {}
            Becomes::There(tag, digest) => {
                expected.insert(tag.clone(), digest.clone());
            }
            Becomes::Other(tag) => {
                let Some(digest) = after.tags.get(tag).filter(|now| before.tags.get(tag) != Some(now)) else {
                    return false;
                };
                expected.insert(tag.clone(), digest.clone());
            }
            Becomes::Gone(tag) => {
                expected.remove(tag);
            }
        }
        expected == after.tags
    }
}
