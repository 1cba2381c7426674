//! The images that the other tests lean on are what those tests think they are.

use std::path::Path;

use ocidian_testkit::images::{self, Shape, Writer};
use ocidian_testkit::{run, this_test};

/// How many layers the image has, by the tags of umoci's own listing.
fn layers(image: &images::Image) -> usize {
    let mut command = std::process::Command::new("skopeo");
    command.args(["inspect", "--raw", &image.reference()]);
    let manifest = run::stdout(&mut command).unwrap();
    manifest.matches("application/vnd.oci.image.layer.v1.tar+gzip").count()
}

fn names_in(layout: &Path) -> String {
    let script = "cd \"$1/blobs/sha256\"; for blob in *; do
        if gzip -t \"$blob\" 2>/dev/null; then gzip -dc \"$blob\" | tar -tf -; fi; done";
    run::script(script, &[layout.as_os_str()]).unwrap()
}

#[test]
fn every_writer_makes_the_image_in_one_and_in_several_layers() {
    for writer in Writer::ALL {
        let Some(one) = images::debian(&this_test!(), writer, Shape::One) else { return };
        assert_eq!(layers(&one), 1, "{writer:?}");
        let names = names_in(&one.layout);
        assert!(names.contains("srv/odd/sparse") && !names.contains(".wh."), "{writer:?}");

        let Some(several) = images::debian(&this_test!(), writer, Shape::Several) else { return };
        assert!(layers(&several) >= 5, "{writer:?}");
        let names = names_in(&several.layout);
        assert!(names.contains("usr/bin/.wh.hello") || names.contains("usr/bin/hello"), "{writer:?}");
        assert!(names.contains("srv/odd/.wh.second"), "{writer:?}");
        assert_eq!(names.contains(".wh..wh..opq"), writer == Writer::Umoci, "{writer:?}");
    }
}
