//! Progress as a person sees it: one bar, for the blob at hand or, where that is known beforehand, for all of them, and
//! warnings above it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ocidian_content::{Event, Progress};

use super::Voice;

/// A bar on a terminal; it disappears when the work is over.
pub(crate) struct Bars {
    bar: ProgressBar,
    voice: Voice,
    /// Whether the bar is for all blobs together.
    whole: AtomicBool,
    done: AtomicUsize,
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
        Self { bar, voice, whole: AtomicBool::new(false), done: AtomicUsize::new(0) }
    }

    /// Sets the bar up anew. Hidden meanwhile, or each part of it would be drawn on its own.
    fn begin(&self, length: u64, prefix: String, message: String) {
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        self.bar.set_length(length);
        self.bar.set_prefix(prefix);
        self.bar.set_message(message);
        self.bar.reset();
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.tick();
    }
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        match event {
            // Where all that is copied is converted, nothing is known beforehand.
            Event::Total { blobs: 0, .. } => self.whole.store(false, Ordering::Relaxed),
            Event::Total { blobs, bytes } => {
                self.whole.store(true, Ordering::Relaxed);
                self.done.store(0, Ordering::Relaxed);
                self.begin(bytes, "copying".to_owned(), format!("0/{blobs}"));
            }
            Event::Begin { count, .. } if self.whole.load(Ordering::Relaxed) => {
                self.bar.set_message(format!("{}/{count}", self.done.fetch_add(1, Ordering::Relaxed) + 1));
            }
            Event::Begin { descriptor, index, count } => {
                // A digest is checked against its grammar, so there is nothing to escape.
                let short = descriptor.digest.encoded().chars().take(12).collect();
                self.begin(descriptor.size, format!("layer {}/{count}", index + 1), short);
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
