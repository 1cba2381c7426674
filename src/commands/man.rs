//! `man`: the manual, a page a verb, from the grammar itself.

use std::fs;
use std::io::Write;

use anyhow::Context;
use clap::{Command, CommandFactory};

use crate::cli::{Cli, Man};
use crate::exit::Usage;
use crate::report;

pub(crate) fn run(args: &Man) -> anyhow::Result<()> {
    let pages = pages();
    if let Some(dir) = &args.dir {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        for page in &pages {
            let path = dir.join(format!("{}.1", name(page)));
            fs::write(&path, render(page)?).with_context(|| format!("cannot write {}", path.display()))?;
        }
        return Ok(());
    }
    let wanted = std::iter::once("ocidian").chain(args.verb.iter().map(String::as_str));
    let wanted = wanted.collect::<Vec<_>>().join("-");
    let Some(page) = pages.iter().find(|page| name(page) == wanted) else {
        let verbs: Vec<&str> = pages.iter().filter_map(|page| name(page).strip_prefix("ocidian-")).collect();
        return Err(
            Usage(format!("there is no page {wanted}; verbs with a page: {}", verbs.join(", "))).into()
        );
    };
    let page = render(page)?;
    report::to_stdout(|out| out.write_all(&page))
}

/// The commands that have a page.
fn pages() -> Vec<Command> {
    let mut root = Cli::command().disable_help_subcommand(true);
    // Hands the switches that every verb takes down to the verbs, and gives pages their names.
    root.build();
    let mut pages = vec![root];
    let mut at = 0;
    while let Some(page) = pages.get(at) {
        let below: Vec<Command> =
            page.get_subcommands().filter(|verb| verb.get_name() != "help").cloned().collect();
        pages.extend(below);
        at += 1;
    }
    pages
}

/// The page's name: `ocidian-unpack`.
fn name(page: &Command) -> &str {
    page.get_display_name().unwrap_or_else(|| page.get_name())
}

fn render(page: &Command) -> anyhow::Result<Vec<u8>> {
    let after = page.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    // Printed below in sections of their own; the version is in the footer.
    let page = page.clone().after_long_help(None).version(None);
    let mut out = Vec::new();
    let source = concat!("ocidian ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(page).manual("Ocidian").source(source).render(&mut out)?;
    out.extend(sections(&after).into_bytes());
    Ok(out)
}

/// What stands after the flags in --help, as sections: a paragraph that begins `Word:` is one, and indented
/// lines are kept as they are.
fn sections(help: &str) -> String {
    let mut out = String::new();
    let mut kept = false;
    for line in help.lines() {
        let indented = line.starts_with("  ");
        if indented != kept {
            out.push_str(if indented { ".nf\n" } else { ".fi\n" });
            kept = indented;
        }
        match line.split_once(':').filter(|(word, _)| !indented && is_heading(word)) {
            Some((word, rest)) => {
                out.push_str(&format!(".SH {}\n", word.to_uppercase()));
                push_text(&mut out, rest.trim());
            }
            None => push_text(&mut out, line),
        }
    }
    if kept {
        out.push_str(".fi\n");
    }
    out
}

/// One or two words, with an aside in brackets at most.
fn is_heading(text: &str) -> bool {
    let words = text.split('(').next().unwrap_or_default();
    text.starts_with(|c: char| c.is_ascii_uppercase()) && words.split_whitespace().count() <= 3
}

/// A line of text; an empty one ends the paragraph.
fn push_text(out: &mut String, line: &str) {
    if line.is_empty() {
        return;
    }
    let escaped = line.replace('\\', "\\e").replace('-', "\\-");
    // A dot or an apostrophe at the beginning would be a request to roff.
    if escaped.starts_with(['.', '\'']) {
        out.push_str("\\&");
    }
    out.push_str(&escaped);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_becomes_sections_that_roff_cannot_misread() {
        let help = "Examples:\n  a -x | b\n\nJSON: an `o`\n.member\n\nSee also: c";
        let expected =
            ".SH EXAMPLES\n.nf\n  a \\-x | b\n.fi\n.SH JSON\nan `o`\n\\&.member\n.SH SEE ALSO\nc\n";
        assert_eq!(sections(help), expected);
        assert_eq!(sections(r"  a\b"), ".nf\n  a\\eb\n.fi\n");
    }

    #[test]
    fn every_verb_has_a_page_of_its_own_name() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(name).collect();
        assert!(names.contains(&"ocidian") && names.contains(&"ocidian-runtime-config"), "{names:?}");
        for page in &pages {
            let text = String::from_utf8(render(page).unwrap()).unwrap();
            assert!(text.contains(".SH EXAMPLE"), "{}", name(page));
        }
    }
}
