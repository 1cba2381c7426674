//! JUnit's XML, which every CI system shows: a test case for each rule.

use std::fmt::Write;

use super::Report;
use crate::rules;

impl Report {
    /// As JUnit's XML shows it: rules that were broken and make the target fail are failures.
    pub fn to_junit(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let cases: Vec<_> = rules::AREAS
            .iter()
            .flat_map(|(area, _, rules)| rules.iter().map(move |rule| (*area, *rule)))
            .filter(|(_, rule)| self.settings.wants(rule))
            .collect();
        let broken = |id: &str| self.findings.iter().any(|finding| finding.rule.id == id);
        let failures =
            cases.iter().filter(|(_, rule)| self.settings.fails(rule.level) && broken(rule.id)).count();
        let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"", cases.len());
        let name = text(&self.target);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<testsuites {counts}>\n<testsuite name=\"{name}\" {counts}>");
        for (area, rule) in cases {
            let _ = write!(out, "<testcase classname=\"{area}\" name=\"{}\"", rule.id);
            let found: Vec<_> = self.findings.iter().filter(|finding| finding.rule.id == rule.id).collect();
            if found.is_empty() {
                out.push_str("/>\n");
                continue;
            }
            let mut lines = String::new();
            for finding in &found {
                let _ = writeln!(lines, "{}: {}", finding.location, finding.message);
            }
            for omitted in self.omitted.iter().filter(|omitted| omitted.rule.id == rule.id) {
                let _ = writeln!(lines, "and {} more", omitted.count);
            }
            let _ = writeln!(lines, "{}\n{}", rule.help, rule.section.url());
            let lines = text(&lines);
            if self.settings.fails(rule.level) {
                let title = text(rule.title);
                let _ = write!(
                    out,
                    ">\n<failure type=\"{}\" message=\"{title}\">{lines}</failure>\n</testcase>\n",
                    rule.level
                );
            } else {
                let _ = write!(out, ">\n<system-out>{}: {lines}</system-out>\n</testcase>\n", rule.level);
            }
        }
        out.push_str("</testsuite>\n</testsuites>\n");
        out
    }
}

/// Characters that XML 1.0 allows, with its own escaped.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_xml_forbids_comes_out() {
        assert_eq!(
            super::text("<a b=\"c\">&\u{0}\u{1b}\n\u{ffff}é"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}\n\u{fffd}é"
        );
    }
}
