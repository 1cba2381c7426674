//! Progress as a person sees it: one bar for the blob at hand, and warnings above it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ocidian_content::{Event, Progress};

use super::Voice;

/// A bar on a terminal; it disappears when the work is over.
pub(crate) struct Bars {
    bar: ProgressBar,
    voice: Voice,
}

impl Bars {
    /// A bar that is drawn from the first event on.
    pub(crate) fn new(voice: Voice) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let template =
            "{prefix} {msg} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, voice }
    }
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Begin { descriptor, index, count } => {
                // Hidden while it is set up, or each part of it would be drawn on its own.
                self.bar.set_draw_target(ProgressDrawTarget::hidden());
                self.bar.set_length(descriptor.size);
                self.bar.set_prefix(format!("layer {}/{count}", index + 1));
                // A digest is checked against its grammar, so there is nothing to escape.
                self.bar.set_message(descriptor.digest.encoded().chars().take(12).collect::<String>());
                self.bar.reset();
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.bar.tick();
            }
            Event::Make { name, index, count } => {
                self.bar.set_draw_target(ProgressDrawTarget::hidden());
                // Nobody knows how much it will be.
                self.bar.unset_length();
                self.bar.set_prefix(format!("layer {}/{count}", index + 1));
                self.bar.set_message(super::escape::text(name).into_owned());
                self.bar.reset();
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.bar.tick();
            }
            Event::Bytes(n) => self.bar.inc(n),
            Event::Warning(text) => self.bar.suspend(|| self.voice.warn(text)),
            _ => {}
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Warnings alone, where there is no terminal to draw on.
pub(crate) struct Lines(pub(crate) Voice);

impl Progress for Lines {
    fn event(&self, event: Event<'_>) {
        if let Event::Warning(text) = event {
            self.0.warn(text);
        }
    }
}
