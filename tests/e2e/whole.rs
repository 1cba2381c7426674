//! Whether a layout is whole, by this test's own reading, byte by byte: not by what the binary under test says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ocidian_spec::Digest;
use serde_json::Value;

/// What a whole layout holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Whole {
    /// The digest that each tag stands for.
    pub(crate) tags: BTreeMap<String, String>,
    /// Entries without a tag.
    pub(crate) untagged: BTreeSet<String>,
    /// Every blob that an entry leads to.
    pub(crate) reached: BTreeSet<String>,
}

/// Reads everything that the layout names and checks every size and digest; what is wrong, where something is.
pub(crate) fn check(layout: &Path) -> Result<Whole, String> {
    let json = |path: &Path| -> Result<Value, String> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    if json(&layout.join("oci-layout"))?["imageLayoutVersion"] != "1.0.0" {
        return Err("oci-layout has another version".to_owned());
    }
    let index = json(&layout.join("index.json"))?;
    let mut whole = Whole::default();
    let mut pending: Vec<(Value, String)> = Vec::new();
    for entry in index["manifests"].as_array().ok_or("index.json has no manifests")? {
        let digest = entry["digest"].as_str().unwrap_or_default().to_owned();
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str();
        match name {
            Some(name) => {
                if whole.tags.insert(name.to_owned(), digest).is_some() {
                    return Err(format!("{name} stands in index.json twice"));
                }
            }
            None => {
                whole.untagged.insert(digest);
            }
        }
        pending.push((entry.clone(), format!("the entry {}", name.unwrap_or("without a tag"))));
    }
    while let Some((descriptor, by)) = pending.pop() {
        let digest = descriptor["digest"].as_str().unwrap_or_default();
        if !whole.reached.insert(digest.to_owned()) {
            continue;
        }
        let path = layout.join("blobs").join(digest.replace(':', "/"));
        let bytes = fs::read(&path).map_err(|error| format!("{digest}, named by {by}: {error}"))?;
        if descriptor["size"] != bytes.len() || Digest::sha256(&bytes).to_string() != digest {
            return Err(format!("{digest}, named by {by}, is not what it should be"));
        }
        let kind = descriptor["mediaType"].as_str().unwrap_or_default();
        if kind.contains("manifest") || kind.contains("index") {
            let document: Value =
                serde_json::from_slice(&bytes).map_err(|error| format!("{digest}: {error}"))?;
            let below = ["manifests", "layers"].iter().flat_map(|list| document[list].as_array()).flatten();
            let config = Some(&document["config"]).filter(|config| config.is_object());
            pending.extend(below.chain(config).map(|child| (child.clone(), digest.to_owned())));
        }
    }
    Ok(whole)
}

/// The names of all blobs that are stored.
pub(crate) fn stored(layout: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    names.map(|entry| format!("sha256:{}", entry.unwrap().file_name().to_str().unwrap())).collect()
}

/// What writers staged and did not take away: of living ones what they are at, of dead ones leftovers.
pub(crate) fn leftovers(layout: &Path) -> Vec<String> {
    let names = fs::read_dir(layout).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.') && !name.ends_with(".lock")).collect()
}

/// Numbers that differ from run to run; the seed is told, and `OCIDIAN_STRESS_SEED` repeats a run's choices.
pub(crate) struct Chance(u64);

impl Chance {
    #[expect(clippy::print_stdout, reason = "shown where the test fails")]
    pub(crate) fn new() -> Self {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        let given = std::env::var("OCIDIAN_STRESS_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed: u64 = given.unwrap_or(now) | 1;
        println!("OCIDIAN_STRESS_SEED={seed}");
        Self(seed)
    }

    /// From 0 to `below`, that left out.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below.max(1)
    }
}

/// Somewhere in memory, if there is such a place: what is fsynced again and again would take most of a test's time.
pub(crate) fn quick_place() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// How often to repeat, by `OCIDIAN_STRESS_ROUNDS` where it is set.
pub(crate) fn rounds(default: u64) -> u64 {
    std::env::var("OCIDIAN_STRESS_ROUNDS").ok().map_or(default, |rounds| rounds.parse().unwrap())
}

/// A layout with an image of some size for each of `names`, all over one layer that they share, each with two of its
/// own; the digests of their manifests.
pub(crate) fn images(path: &Path, names: &[String]) -> Vec<String> {
    use ocidian_testkit::layout::{Entry, Layer, Layout};
    let noise = |seed: u64, size: usize| -> Vec<u8> {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        std::iter::repeat_with(|| chance.below(256) as u8).take(size).collect()
    };
    let layer = |seed: u64, size: usize| Layer::plain(&[Entry::file("data", noise(seed, size))]).unwrap();
    let common = layer(1, 150_000);
    let mut layout = Layout::create(path).unwrap();
    let mut digests = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let seed = name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
        let layers = [common.clone(), layer(seed * 2, 60_000), layer(seed * 2 + 1, 20_000 + at)];
        let config = serde_json::json!({ "Labels": { "name": name } });
        let image = layout.image(("linux", crate::cli_images::architectures().0), &config, &layers).unwrap();
        layout.tag(&image, name).unwrap();
        digests.push(image["digest"].as_str().unwrap().to_owned());
    }
    digests
}
