//! Things that take long to make, made once.
//!
//! An item is named by a hash of its recipe: a changed recipe makes another item and never reads
//! an old one. Items are made in a temporary directory and renamed, under a lock that other tests
//! and processes wait for, so that what exists is whole.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ocidian_spec::Digest;

/// Where items are kept unless said otherwise: `testkit-cache` in the target directory.
pub fn directory() -> Result<PathBuf> {
    directory_named("testkit-cache")
}

fn directory_named(name: &str) -> Result<PathBuf> {
    let target = match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => PathBuf::from(target),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
    };
    let directory = target.join(name);
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    Ok(directory.canonicalize()?)
}

/// A lock between all processes that use the cache, held until dropped.
pub fn lock(name: &str) -> Result<File> {
    lock_in(&directory()?, name)
}

fn lock_in(directory: &Path, name: &str) -> Result<File> {
    let path = directory.join(format!("{name}.lock"));
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    file.lock().with_context(|| path.display().to_string())?;
    Ok(file)
}

/// The directory of the item `name` with that `recipe`, made by `make` in an empty directory if it
/// does not exist yet. `recipe` is everything that decides the item's content.
pub fn item(name: &str, recipe: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    item_in("testkit-cache", name, recipe, make)
}

/// As [`item`], in the directory `place` of the target directory.
pub fn item_in(
    place: &str,
    name: &str,
    recipe: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let digest = Digest::sha256(recipe.as_bytes());
    let key = format!("{name}-{}", &digest.encoded()[..16]);
    let directory = directory_named(place)?;
    let path = directory.join(&key);
    let _lock = lock_in(&directory, &key)?;
    if path.is_dir() {
        return Ok(path);
    }
    // Whoever held the lock and died left this; nobody else can be using it.
    let unfinished = directory.join(format!(".{key}.unfinished"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir(&unfinished)?;
    make(&unfinished).with_context(|| format!("making {name}"))?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn many_ask_and_one_makes() {
        let recipe = format!("{:?}", std::time::SystemTime::now());
        let made = AtomicUsize::new(0);
        let path = thread::scope(|scope| {
            let ask = || {
                item("cache-test", &recipe, |path| {
                    made.fetch_add(1, Ordering::SeqCst);
                    Ok(fs::write(path.join("x"), "x")?)
                })
                .unwrap()
            };
            let handles: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).next_back().unwrap()
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert_eq!(fs::read(path.join("x")).unwrap(), b"x");
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_failure_leaves_no_item() {
        let recipe = format!("{:?} fails", std::time::SystemTime::now());
        let fails = item("cache-test", &recipe, |_| anyhow::bail!("no"));
        assert!(fails.is_err());
        let path = item("cache-test", &recipe, |path| Ok(fs::write(path.join("y"), "y")?)).unwrap();
        assert!(path.join("y").exists());
        fs::remove_dir_all(path).unwrap();
    }
}
