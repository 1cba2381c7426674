//! One pattern, compared with whole paths.

/// A character of a path, or a byte of it that is no text.
type Symbol = u32;

const SLASH: Symbol = b'/' as Symbol;
/// Bytes that are no UTF-8 stand beyond all characters.
const BYTE: Symbol = 0x11_0000;

#[derive(Debug, Clone)]
enum Step {
    /// This one.
    One(Symbol),
    /// `?`: any but `/`.
    Any,
    /// `[…]`: one of these ranges, or none of them.
    Class { none: bool, ranges: Vec<(Symbol, Symbol)> },
    /// `*`: any number but no `/`.
    Star,
    /// `**/` or `**` before more: nothing, or the step after this one, which always follows.
    Directories,
    /// Anything up to a `/`.
    UpToSlash,
    /// `**` at an end: anything.
    Rest,
}

/// A pattern that was found to be one.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    steps: Vec<Step>,
    /// The path that all it matches begin with: components up to the first that is no plain text.
    fixed: Vec<Vec<u8>>,
    /// Whether it has components beyond those.
    wild: bool,
}

impl Pattern {
    /// Reads a pattern that is clean: no leading `/`, no empty components.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        let symbols: Vec<Symbol> = text.chars().map(u32::from).collect();
        let mut steps = Vec::new();
        let mut at = 0;
        // `**foo` matches whatever ends in foo, in Docker's reading.
        let bare_suffix = text.starts_with("**") && !text[2..].contains(['*', '?', '[', '\\']);
        while let Some(symbol) = symbols.get(at) {
            at += 1;
            let rest = &symbols[at..];
            match char::from_u32(*symbol) {
                Some('*') if rest.first() == Some(&u32::from('*')) => {
                    at += 1;
                    let slash = symbols.get(at) == Some(&SLASH);
                    at += usize::from(slash);
                    if at == symbols.len() || (bare_suffix && !slash) {
                        steps.push(Step::Rest);
                    } else {
                        steps.extend([Step::Directories, Step::UpToSlash]);
                    }
                }
                Some('*') => steps.push(Step::Star),
                Some('?') => steps.push(Step::Any),
                Some('[') => {
                    let (class, length) = class(rest)?;
                    steps.push(class);
                    at += length;
                }
                Some('\\') => {
                    steps.push(Step::One(*rest.first().ok_or("it ends in `\\`")?));
                    at += 1;
                }
                _ => steps.push(Step::One(*symbol)),
            }
        }
        let plain = |component: &&str| !component.contains(['*', '?', '[', '\\']);
        let fixed: Vec<Vec<u8>> =
            text.split('/').take_while(plain).map(|component| component.as_bytes().to_vec()).collect();
        let wild = fixed.len() < text.split('/').count();
        Ok(Self { steps, fixed, wild })
    }

    /// Whether all of `path` matches. Goes through the path once, with the set of places reached in the pattern.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let mut here = vec![false; self.steps.len() + 1];
        let mut next = here.clone();
        here[0] = true;
        self.pass(&mut here);
        for symbol in symbols(path) {
            next.fill(false);
            for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| here[*at]) {
                let (stays, goes) = match step {
                    Step::One(one) => (false, *one == symbol),
                    Step::Any => (false, symbol != SLASH),
                    Step::Class { none, ranges } => {
                        (false, ranges.iter().any(|(low, high)| (*low..=*high).contains(&symbol)) != *none)
                    }
                    Step::Star => (symbol != SLASH, false),
                    Step::Directories => (false, false),
                    Step::UpToSlash => (true, symbol == SLASH),
                    Step::Rest => (true, false),
                };
                next[at] |= stays;
                next[at + 1] |= goes;
            }
            self.pass(&mut next);
            std::mem::swap(&mut here, &mut next);
        }
        here[self.steps.len()]
    }

    /// Goes on over steps that may match nothing.
    fn pass(&self, places: &mut [bool]) {
        for (at, step) in self.steps.iter().enumerate() {
            if places[at] {
                places[at + 1] |= matches!(step, Step::Star | Step::Directories | Step::Rest);
                if matches!(step, Step::Directories) {
                    places[at + 2] = true;
                }
            }
        }
    }

    /// Whether something below the directory `path` may match; false only where it cannot.
    pub(super) fn may_match_below(&self, path: &[u8]) -> bool {
        let components: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
        let agree = self.fixed.iter().zip(&components).all(|(fixed, component)| fixed == component);
        agree && (self.wild || self.fixed.len() > components.len())
    }
}

/// A class after its `[`, and how many symbols it takes with its `]`.
fn class(symbols: &[Symbol]) -> Result<(Step, usize), &'static str> {
    let is = |at: usize, c: char| symbols.get(at) == Some(&u32::from(c));
    let none = is(0, '^');
    let mut at = usize::from(none);
    let mut ranges = Vec::new();
    while ranges.is_empty() || !is(at, ']') {
        let low = member(symbols, &mut at)?;
        let mut high = low;
        if is(at, '-') {
            at += 1;
            high = member(symbols, &mut at)?;
        }
        if high < low {
            return Err("a range in a class is upside down");
        }
        ranges.push((low, high));
    }
    Ok((Step::Class { none, ranges }, at + 1))
}

/// One end of a range.
fn member(symbols: &[Symbol], at: &mut usize) -> Result<Symbol, &'static str> {
    let escaped = symbols.get(*at) == Some(&u32::from('\\'));
    *at += usize::from(escaped);
    let symbol = *symbols.get(*at).ok_or("a `[` has no `]`")?;
    *at += 1;
    if !escaped && (symbol == u32::from(']') || symbol == u32::from('-')) {
        return Err("`]` and `-` in a class need a `\\`");
    }
    Ok(symbol)
}

/// The characters of a path, and bytes where it is no text.
fn symbols(path: &[u8]) -> impl Iterator<Item = Symbol> {
    path.utf8_chunks().flat_map(|chunk| {
        let bytes = chunk.invalid().iter().map(|byte| BYTE + u32::from(*byte));
        chunk.valid().chars().map(u32::from).chain(bytes).collect::<Vec<_>>()
    })
}
