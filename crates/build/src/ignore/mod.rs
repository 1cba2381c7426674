//! What of a directory is left out: `--exclude` and files like `.dockerignore`.
//!
//! The rules are Docker's, because that is what such files are written for: patterns from the root of the
//! source, later ones win, `!` takes back, what lies below a match is matched too. A pattern is compared
//! with a path by stepping through both once, so that no pattern takes more than their product.

mod pattern;

use pattern::Pattern;

/// Patterns in their order; the last one that matches decides.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    /// `!`: what it matches is not left out.
    keep: bool,
    pattern: Pattern,
}

/// Text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is no pattern of paths: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: &'static str,
}

/// What becomes of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is taken.
    Taken,
    /// It is left out, but something below it may be taken.
    Passed,
    /// It is left out with all below it.
    Left,
}

/// Which rules matched a directory: they match all below it too.
#[derive(Debug, Clone, Default)]
pub struct Matched(Vec<bool>);

impl Ignore {
    /// Adds one pattern.
    ///
    /// # Errors
    /// [`BadPattern`]: a class without an end, a `\` at the end, or `!` alone.
    pub fn push(&mut self, pattern: &str) -> Result<(), BadPattern> {
        let wrong = |reason| BadPattern { pattern: pattern.chars().take(100).collect(), reason };
        let text = pattern.trim();
        let (keep, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text.trim()));
        if text.is_empty() {
            return if keep { Err(wrong("`!` takes back nothing")) } else { Ok(()) };
        }
        let cleaned = cleaned(text);
        if cleaned.is_empty() {
            return Ok(());
        }
        self.rules.push(Rule { keep, pattern: Pattern::new(&cleaned).map_err(wrong)? });
        Ok(())
    }

    /// Adds the patterns of a file: one a line, `#` begins a comment.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_lines(&mut self, text: &str) -> Result<(), BadPattern> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        text.lines().filter(|line| !line.starts_with('#')).try_for_each(|line| self.push(line))
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What becomes of `path`, in a directory that these rules `matched`; and which rules match it.
    pub fn fate(&self, path: &[u8], matched: &Matched) -> (Fate, Matched) {
        let mut left = false;
        let mut rules = Vec::with_capacity(self.rules.len());
        for (index, rule) in self.rules.iter().enumerate() {
            let above = matched.0.get(index).copied().unwrap_or(false);
            let matches = above || rule.pattern.matches(path);
            rules.push(matches);
            if matches {
                left = !rule.keep;
            }
        }
        let below = || self.rules.iter().any(|rule| rule.keep && rule.pattern.may_match_below(path));
        let fate = match left {
            false => Fate::Taken,
            true if below() => Fate::Passed,
            true => Fate::Left,
        };
        (fate, Matched(rules))
    }
}

/// Without a leading `/`, empty components and `.`; `..` goes back as far as it can.
fn cleaned(text: &str) -> String {
    let mut components: Vec<&str> = Vec::new();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(patterns: &[&str]) -> Ignore {
        let mut ignore = Ignore::default();
        patterns.iter().for_each(|pattern| ignore.push(pattern).unwrap());
        ignore
    }

    /// Walks down to the path as a scan does: what is left out is not entered.
    fn taken(ignore: &Ignore, path: &str) -> bool {
        let mut matched = Matched::default();
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut last = Fate::Taken;
        for end in ends {
            if last == Fate::Left {
                return false;
            }
            (last, matched) = ignore.fate(&path.as_bytes()[..end], &matched);
        }
        last == Fate::Taken
    }

    #[test]
    fn as_docker_reads_them() {
        for (patterns, left_out, kept) in [
            (&["a"][..], &["a", "a/b", "a/b/c"][..], &["b", "b/a", "ab", "A"][..]),
            (&["/a/", " b "], &["a", "a/x", "b"], &["c/a"]),
            (&["*.go"], &["x.go", ".go", "x.go/y"], &["a/x.go", "x.goo"]),
            (&["**/*.go"], &["x.go", "a/x.go", "a/b/x.go"], &["x.goo"]),
            (&["**"], &["a", "a/b"], &[]),
            (&["*"], &["a", "a/b"], &[]),
            (&["a/*"], &["a/b", "a/b/c"], &["a", "b/c"]),
            (&["a/**"], &["a/b", "a/b/c"], &["a", "ab"]),
            (&["a/**/b"], &["a/b", "a/x/b", "a/x/y/b", "a/b/c"], &["b", "a/xb", "a"]),
            (&["**/b"], &["b", "a/b", "a/b/c"], &["ab", "a/ab"]),
            (&["**b"], &["b", "ab", "a/xb"], &["a/bc"]),
            (&["a**"], &["a", "ab", "ab/c"], &["b"]),
            (&["a?c"], &["abc", "a\u{e4}c"], &["a/c", "ac", "abbc"]),
            (&["a[b-d]"], &["ab", "ac"], &["ae", "a-"]),
            (&["a[^b]"], &["ac"], &["ab", "a"]),
            (&["a[]b]"], &[], &[]),
            (&[r"a\*"], &["a*"], &["ab"]),
            (&["a.b", "(x)", "{y}", "z|w", "q+"], &["a.b", "(x)", "{y}", "z|w", "q+"], &["axb", "qq"]),
            (&["*", "!a"], &["b", "b/a"], &["a", "a/b"]),
            (&["a", "!a/b"], &["a", "a/c"], &["a/b", "a/b/c"]),
            (&["a", "!a/b", "a/b/c"], &["a/b/c"], &["a/b", "a/b/d"]),
            (&["*", "!**/*.md"], &["x"], &["x.md", "a/b.md"]),
            (&["!a", "a"], &["a"], &["b"]),
            (&["a/../b", "./c//d"], &["b", "c/d"], &["a"]),
            (&["", "  ", "."], &[], &["a"]),
        ] {
            if patterns == ["a[]b]"] {
                assert!(Ignore::default().push(patterns[0]).is_err());
                continue;
            }
            let ignore = ignore(patterns);
            for path in left_out {
                assert!(!taken(&ignore, path), "{patterns:?} leaves {path} out");
            }
            for path in kept {
                assert!(taken(&ignore, path), "{patterns:?} keeps {path}");
            }
        }
    }

    #[test]
    fn a_file_has_comments_and_a_mark_at_its_beginning() {
        let mut ignore = Ignore::default();
        ignore.push_lines("\u{feff}# first\na\n\n #b\n! a/b \r\n").unwrap();
        assert!(!taken(&ignore, "a"));
        assert!(taken(&ignore, "a/b"));
        assert!(!taken(&ignore, "#b"), "only a line that begins with it is a comment");
    }

    #[test]
    fn what_cannot_be_taken_back_is_not_entered() {
        let ignore = ignore(&["a", "b", "!b/c/*.txt"]);
        let fate = |path: &str| ignore.fate(path.as_bytes(), &Matched::default()).0;
        assert_eq!((fate("a"), fate("b"), fate("c")), (Fate::Left, Fate::Passed, Fate::Taken));
        let (_, below) = ignore.fate(b"b", &Matched::default());
        assert_eq!(ignore.fate(b"b/c", &below).0, Fate::Passed);
        assert_eq!(ignore.fate(b"b/d", &below).0, Fate::Left);
    }

    #[test]
    fn bad_patterns_are_named() {
        for pattern in ["[", "a[b", "[]", "[a-", "a\\", "!", "! ", "[b-a]"] {
            let error = Ignore::default().push(pattern).unwrap_err().to_string();
            assert!(error.contains(&format!("{pattern:?}")), "{error}");
        }
    }

    #[test]
    fn stars_upon_stars_take_no_longer_than_their_product() {
        let ignore = ignore(&[&"*a".repeat(100), &"**/a".repeat(100)]);
        let path = "a".repeat(4000);
        let begun = std::time::Instant::now();
        ignore.fate(path.as_bytes(), &Matched::default());
        assert!(begun.elapsed().as_secs() < 5);
    }
}
