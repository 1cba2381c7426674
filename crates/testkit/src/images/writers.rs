//! How each tool is brought to write the layers.

use std::path::Path;

use anyhow::Result;

use super::recipe::{OPAQUE, STAGES};
use super::{Shape, Writer};
use crate::run;

/// Writes `directory/layout`, tagged `latest`, from the parts, or for skopeo, which copies and does
/// not build, from buildah's layout.
pub(super) fn write(writer: Writer, shape: Shape, source: &Path, directory: &Path) -> Result<()> {
    let work = directory.join("work");
    std::fs::create_dir(&work)?;
    let stages = match shape {
        Shape::One => vec![STAGES.map(subshell).concat()],
        Shape::Several => STAGES.map(str::to_owned).to_vec(),
    };
    match writer {
        Writer::Umoci => umoci(&stages, shape, source, &work)?,
        Writer::Buildah => buildah(&stages, source, &work)?,
        Writer::Skopeo => skopeo(source, &work)?,
    }
    std::fs::rename(work.join("layout"), directory.join("layout"))?;
    Ok(std::fs::remove_dir_all(&work)?)
}

/// Scripts change directory: each gets a shell of its own when they run one after the other.
fn subshell(stage: &str) -> String {
    format!("(\n{stage})\n")
}

fn umoci(stages: &[String], shape: Shape, parts: &Path, work: &Path) -> Result<()> {
    let at = |script: &str| run::script(script, &[work.as_os_str()]);
    at("cd \"$1\"
        umoci init --layout layout
        umoci new --image layout:latest
        umoci unpack --image layout:latest bundle")?;
    for stage in stages {
        run::script(stage, &[work.join("bundle/rootfs").as_os_str(), parts.as_os_str()])?;
        // Refreshed rather than unpacked anew: that took most of the time.
        at("cd \"$1\"; umoci repack --refresh-bundle --image layout:latest bundle")?;
    }
    if shape == Shape::Several {
        run::script(OPAQUE, &[work.as_os_str()])?;
        at("cd \"$1\"; umoci raw add-layer --image layout:latest layer.tar")?;
    }
    at("cd \"$1\"
        umoci config --image layout:latest --config.user app --config.workingdir /srv/app \
            --config.env PATH=/usr/local/bin:/usr/bin:/bin --config.env GREETING=hello \
            --config.cmd sh --config.cmd -c --config.cmd 'id; pwd'
        umoci gc --layout layout")?;
    Ok(())
}

/// `b` is buildah on a store of its own: the vfs driver needs nothing of the kernel.
const BUILDAH: &str = "cd \"$1\"
    b() { buildah --root \"$PWD/store\" --runroot \"$PWD/run\" --storage-driver vfs \"$@\"; }
    ";

fn buildah(stages: &[String], parts: &Path, work: &Path) -> Result<()> {
    let at = |script: &str| run::script(&format!("{BUILDAH}{script}"), &[work.as_os_str()]);
    let mut from = "scratch";
    for (i, stage) in stages.iter().enumerate() {
        let begin = format!("b from --quiet --pull-never --name stage {from} >&2; b mount stage");
        let root = at(&begin)?;
        run::script(stage, &[root.trim().as_ref(), parts.as_os_str()])?;
        let config = if i + 1 == stages.len() {
            "b config --user app --workingdir /srv/app --env PATH=/usr/local/bin:/usr/bin:/bin \
                --env GREETING=hello --cmd '[\"sh\", \"-c\", \"id; pwd\"]' stage"
        } else {
            ""
        };
        at(&format!(
            "{config}
            b umount stage
            b commit --quiet --disable-compression --rm stage latest"
        ))?;
        from = "latest";
    }
    at("b push --quiet latest oci:layout:latest
        chmod -R u+w store run 2>/dev/null || true")?;
    Ok(())
}

/// By way of a docker-archive, so that every layer and document is one that skopeo wrote.
fn skopeo(layout: &Path, work: &Path) -> Result<()> {
    run::script(
        "cd \"$2\"
        copy() { skopeo copy --quiet --insecure-policy \"$@\"; }
        copy \"oci:$1:latest\" docker-archive:image.tar:image:latest
        copy docker-archive:image.tar oci:layout:latest",
        &[layout.as_os_str(), work.as_os_str()],
    )?;
    Ok(())
}
