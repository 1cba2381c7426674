//! The overlay form: how its layers are mounted, and whether Linux can.
//!
//! The command names the directories relative to the target, which keeps it short and true wherever the
//! target is moved to. An image may have more layers than one mount takes: the tree is no less right
//! for that, so it is a warning, given while there is still time to choose another form.

/// What `mount(2)` takes of options, its final zero apart: a page less one.
const OPTIONS_MAX: usize = 4095;
/// As many lower layers as overlayfs takes, however they are named.
const LAYERS_MAX: usize = 500;

/// The mount of a stack of layers.
#[derive(Debug)]
pub(crate) struct Stack {
    layers: usize,
    options: String,
}

impl Stack {
    /// Of that many layers, the topmost named first. Marks in `user.` xattrs are read only where
    /// overlayfs is told to.
    pub(crate) fn new(layers: usize, user_xattrs: bool) -> Self {
        // An image without layers has an empty one.
        let layers = layers.max(1);
        let lower: Vec<String> = (0..layers).rev().map(|layer| format!("layers/{layer}")).collect();
        let marks = if user_xattrs { "userxattr," } else { "" };
        let options = format!("{marks}lowerdir={},upperdir=upper,workdir=work", lower.join(":"));
        Self { layers, options }
    }

    /// The command that mounts it, to be run in the target.
    pub(crate) fn command(&self) -> String {
        format!("mount -t overlay overlay -o {} rootfs", self.options)
    }

    /// Why the command cannot work, and what to do about it.
    pub(crate) fn warning(&self) -> Option<String> {
        let (layers, len) = (self.layers, self.options.len());
        if layers > LAYERS_MAX {
            return Some(format!(
                "Linux mounts at most {LAYERS_MAX} lower layers and these are {layers}; unpack with --form rootfs"
            ));
        }
        (len > OPTIONS_MAX).then(|| {
            format!(
                "mount(2) takes {OPTIONS_MAX} bytes of options and these {layers} layers need {len}; \
                 unpack with --form rootfs, or name each layer with lowerdir+ through fsconfig(2)"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_topmost_layer_first() {
        let options = "lowerdir=layers/2:layers/1:layers/0,upperdir=upper,workdir=work";
        let stack = Stack::new(3, false);
        assert_eq!(stack.command(), format!("mount -t overlay overlay -o {options} rootfs"));
        let stack = Stack::new(3, true);
        assert_eq!(stack.command(), format!("mount -t overlay overlay -o userxattr,{options} rootfs"));
        assert!(Stack::new(0, false).command().contains("lowerdir=layers/0,"));
    }

    #[test]
    fn what_cannot_be_mounted_is_told_and_nothing_else_is() {
        for user_xattrs in [false, true] {
            for layers in 0..=600 {
                let stack = Stack::new(layers, user_xattrs);
                let warning = stack.warning().unwrap_or_default();
                let too_long = stack.options.len() > OPTIONS_MAX;
                assert_eq!(warning.contains("lowerdir+"), too_long && layers <= LAYERS_MAX, "{layers}");
                assert_eq!(warning.contains("at most 500"), layers > LAYERS_MAX, "{layers}");
                assert_eq!(warning.contains("--form rootfs"), too_long, "{layers}");
            }
        }
        // 379 layers take exactly what there is room for.
        assert!(Stack::new(379, false).warning().is_none() && Stack::new(380, false).warning().is_some());
    }
}
