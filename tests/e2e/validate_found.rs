//! Images that Docker, containerd and skopeo wrote have no errors, and break only what docs/validate.md says.

use serde_json::Value;

use crate::bin::run;
use crate::found_images::found;

/// Whether docs/validate.md says that real tools break the rule.
pub(crate) fn said_of_real_tools(rule: &str) -> bool {
    let page = std::fs::read_to_string(crate::bin::repository().join("docs/validate.md")).unwrap();
    let (_, said) = page.split_once("## What real tools write").unwrap();
    let (said, _) = said.split_once("\n## ").unwrap();
    said.contains(&format!("`{rule}`"))
}

#[test]
fn what_real_tools_wrote_is_free_of_errors() {
    for image in found().unwrap_or_default() {
        let image = image.to_str().unwrap();
        let output = run(["validate", "--format", "json", image]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (report["errors"].as_u64(), output.status.code()),
            (Some(0), Some(0)),
            "{image}: {}",
            report["findings"]
        );
        assert!(report["checked"]["layers"].as_u64().unwrap() > 0, "{image}");
        for finding in report["findings"].as_array().unwrap() {
            let (rule, level) = (finding["rule"].as_str().unwrap(), finding["level"].as_str().unwrap());
            assert!(
                level == "note" || said_of_real_tools(rule),
                "{image}: docs/validate.md does not say {rule}"
            );
        }
    }
}
