//! Which step of a config's history made which layer.

use ocidian_spec::ImageConfig;

/// The place in the history of the step that made each of `layers` layers; none where the history is absent or has
/// another number of steps that made one.
pub(super) fn of_layers(config: &ImageConfig, layers: usize) -> Vec<Option<usize>> {
    let history = config.history.as_deref().unwrap_or_default();
    let made = |at: &usize| history.get(*at).is_some_and(|step| !step.empty_layer.unwrap_or(false));
    let steps: Vec<usize> = (0..history.len()).filter(made).collect();
    let agree = steps.len() == layers;
    (0..layers).map(|at| steps.get(at).copied().filter(|_| agree)).collect()
}
