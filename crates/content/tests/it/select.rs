use ocidian_content::{Class, Error, MemoryStore, PlatformChoice, Selection, select};
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, DOCKER_REFERENCE_TYPE};
use ocidian_spec::{Descriptor, Digest, MediaType, Platform, Selector};

use crate::{image, index, manifest_of, named, on};

fn choose(store: &MemoryStore, name: &str, platform: &str) -> Result<Selection, Error> {
    let selector = match name.strip_prefix('@') {
        Some(digest) => Selector::Digest(digest.parse().unwrap()),
        None if name.is_empty() => Selector::Sole,
        None => Selector::Name(name.parse().unwrap()),
    };
    let platform = match platform {
        "" => PlatformChoice::Host,
        text => PlatformChoice::Exactly(text.parse().unwrap()),
    };
    select(store, &selector, &platform)
}

#[track_caller]
fn chosen(store: &MemoryStore, name: &str, platform: &str, expected: &Descriptor) -> Selection {
    let selection = choose(store, name, platform).unwrap();
    assert_eq!(selection.manifest.descriptor().digest, expected.digest);
    assert_eq!(selection.chain.last().unwrap().digest, expected.digest);
    selection
}

#[track_caller]
fn refused(store: &MemoryStore, name: &str, platform: &str, class: Class, says: &str) {
    let error = choose(store, name, platform).unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(error.class(), class, "{error}");
    assert!(!error.to_string().contains('\n'));
}

fn host() -> String {
    Platform::host().to_string()
}

fn store_of(entries: &[Descriptor]) -> impl Fn(&MemoryStore) {
    move |store| entries.iter().for_each(|entry| store.push_entry(entry.clone()))
}

#[test]
fn an_empty_store_has_no_image() {
    let store = MemoryStore::new();
    refused(&store, "", "", Class::NotFound, "holds no image");
    refused(&store, "v1", "", Class::NotFound, "has no image \"v1\"; it has no tags");
}

#[test]
fn a_lone_image_is_taken_whatever_its_platform_unless_another_is_asked_for() {
    let store = MemoryStore::new();
    let only = image(&store, "plan9/mips");
    store_of(&[named(only.clone(), "v1")])(&store);
    for name in ["", "v1"] {
        let selection = chosen(&store, name, "", &only);
        assert!(selection.notes[0].contains("plan9/mips"), "{:?}", selection.notes);
        assert_eq!(selection.name.unwrap().as_str(), "v1");
    }
    assert!(chosen(&store, "", "plan9/mips", &only).notes.is_empty());
    refused(
        &store,
        "",
        "linux/amd64",
        Class::NotFound,
        "no image for platform linux/amd64; there is plan9/mips",
    );
    refused(&store, "v2", "", Class::NotFound, "it has: v1");
}

#[test]
fn a_platform_is_chosen_through_nested_indexes() {
    let store = MemoryStore::new();
    let (own, arm) = (image(&store, &host()), image(&store, "linux/arm/v6"));
    let inner = index(&store, &[on(arm.clone(), "linux/arm/v6")]);
    let outer = index(&store, &[inner, on(own.clone(), &host())]);
    store_of(&[named(outer.clone(), "v1")])(&store);
    assert_eq!(chosen(&store, "v1", "", &own).chain.len(), 2);
    assert_eq!(chosen(&store, "v1", "linux/arm", &arm).chain.len(), 3);
    chosen(&store, &format!("@{}", arm.digest), "", &arm);
    chosen(&store, &format!("@{}", outer.digest), "linux/arm/v6", &arm);
    refused(&store, "v1", "linux/arm/v7", Class::NotFound, "linux/arm/v6");
    refused(&store, &format!("@{}", Digest::sha256(b"?")), "", Class::NotFound, "has no image");
}

#[test]
fn where_an_entry_does_not_say_its_platform_the_config_does() {
    let store = MemoryStore::new();
    let (own, other) = (image(&store, &host()), image(&store, "plan9/mips"));
    store_of(&[named(index(&store, &[other.clone(), own.clone()]), "v1")])(&store);
    chosen(&store, "", "", &own);
    chosen(&store, "v1", "plan9/mips", &other);
}

#[test]
fn several_of_one_name_are_narrowed_by_platform_and_of_several_names_none_is_guessed() {
    let store = MemoryStore::new();
    let (own, other) = (image(&store, &host()), image(&store, "plan9/mips"));
    store_of(&[named(other.clone(), "v1"), named(own.clone(), "v1")])(&store);
    chosen(&store, "v1", "", &own);
    chosen(&store, "", "plan9/mips", &other);

    store_of(&[named(other, "v2")])(&store);
    chosen(&store, "", "", &own); // the same image under a second name is no second image
    let third = manifest_of(
        &store,
        MediaType::DockerConfig,
        format!(
            r#"{{"author":"x","os":"{}","architecture":"{}","rootfs":{{"type":"layers","diff_ids":[]}}}}"#,
            Platform::host().os,
            Platform::host().architecture
        )
        .as_bytes(),
    );
    store_of(&[named(third.clone(), "v3")])(&store);
    let typable = format!("@{} (:v1, {})", own.digest, host());
    refused(&store, "", "", Class::Failed, &typable);
    chosen(&store, &format!("@{}", own.digest), "", &own);
    chosen(&store, "v3", "", &third);
    store_of(&[named(third.clone(), "v1")])(&store);
    refused(&store, "v1", "", Class::Failed, &format!("@{} (", own.digest));
    refused(&store, "v1", "", Class::Failed, &format!("@{} (", third.digest));
}

#[test]
fn of_several_that_fit_in_one_index_the_first_is_meant() {
    let store = MemoryStore::new();
    let (a, b) = (image(&store, "linux/arm64"), image(&store, "linux/arm64/v8"));
    let both = index(&store, &[on(b.clone(), "linux/arm64/v8"), on(a, "linux/arm64")]);
    store_of(&[both])(&store);
    chosen(&store, "", "linux/arm64", &b);
}

#[test]
fn attestations_artifacts_and_unknown_types_are_passed_over() {
    let store = MemoryStore::new();
    let own = image(&store, &host());
    let mut attestation = on(image(&store, "unknown/unknown"), "unknown/unknown");
    let by_platform = attestation.clone();
    attestation.platform = None;
    attestation
        .annotations
        .get_or_insert_default()
        .insert(DOCKER_REFERENCE_TYPE.to_owned(), "attestation-manifest".to_owned());
    let helm = MediaType::Other("application/vnd.cncf.helm.config.v1+json".to_owned());
    let artifact = manifest_of(&store, helm, b"{}");
    let foreign = store.insert(MediaType::Other("application/x-foreign".to_owned()), b"?").unwrap();
    let all = [foreign.clone(), attestation.clone(), artifact.clone(), own.clone(), by_platform.clone()];
    store_of(&[named(index(&store, &all), "v1")])(&store);
    chosen(&store, "", "", &own);
    chosen(&store, "v1", &host(), &own);

    store_of(&[named(artifact, "helm"), named(foreign, "foreign"), named(by_platform, "attest")])(&store);
    refused(&store, "helm", "", Class::Failed, "config of type application/vnd.cncf.helm.config.v1+json");
    let typed = r#"{"schemaVersion":2,"artifactType":"application/x-sbom","layers":[],"config":CONFIG}"#
        .replace("CONFIG", r#"{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"DIGEST"}"#)
        .replace("DIGEST", &Digest::sha256(b"{}").to_string());
    let typed = store.insert(MediaType::ImageManifest, typed.as_bytes()).unwrap();
    store_of(&[named(typed, "sbom")])(&store);
    let says = "artifact of type application/x-sbom with a config of type application/vnd.oci.empty.v1+json";
    refused(&store, "sbom", "", Class::Failed, says);
    refused(&store, "foreign", "", Class::Failed, "its media type is application/x-foreign");
    refused(&store, "attest", "", Class::Failed, "attests");
    chosen(&store, "", "", &own); // named artifacts beside it do not make it two images
}

#[test]
fn absent_children_are_passed_over_unless_they_are_the_one_wanted() {
    let store = MemoryStore::new();
    let absent = |n: u8, platform: &str| {
        on(Descriptor::new(MediaType::ImageManifest, Digest::sha256(&[n]), 7), platform)
    };
    let there = image(&store, "plan9/mips");
    let children = [
        absent(1, &host()),
        absent(2, "linux/s390x"),
        on(there.clone(), "plan9/mips"),
        absent(3, "plan9/mips"),
    ];
    store_of(&[named(index(&store, &children), "v1")])(&store);
    chosen(&store, "v1", "plan9/mips", &there);
    assert_eq!(chosen(&store, "v1", "", &there).notes.len(), 1);
    refused(&store, "v1", "linux/s390x", Class::NotFound, "sparse");
    refused(&store, "v1", "linux/386", Class::NotFound, "there is plan9/mips");

    let gone = Descriptor::new(MediaType::ImageIndex, Digest::sha256(b"gone"), 7);
    store_of(&[named(gone, "gone")])(&store);
    refused(&store, "gone", "", Class::NotFound, "sparse");
}

#[test]
fn names_that_containerd_writes_are_found_as_people_type_them() {
    let store = MemoryStore::new();
    let mut entry = image(&store, &host());
    let plain = entry.clone();
    entry
        .annotations
        .get_or_insert_default()
        .insert(CONTAINERD_IMAGE_NAME.to_owned(), "docker.io/library/busybox:latest".to_owned());
    store_of(&[entry])(&store);
    for name in ["docker.io/library/busybox:latest", "busybox:latest", "library/busybox:latest"] {
        chosen(&store, name, "", &plain);
    }
    refused(&store, "latest", "", Class::NotFound, "docker.io/library/busybox:latest");
}

#[test]
fn docker_types_are_images_too() {
    let store = MemoryStore::new();
    let mut own = image(&store, &host());
    own.media_type = MediaType::DockerManifest;
    let mut list = index(&store, &[own.clone()]);
    list.media_type = MediaType::DockerManifestList;
    store_of(&[list])(&store);
    chosen(&store, "", "", &own);
}

#[test]
fn an_index_that_doubles_or_nests_without_end_is_bounded() {
    let store = MemoryStore::new();
    let own = image(&store, &host());
    let mut top = index(&store, std::slice::from_ref(&own));
    for _ in 0..40 {
        top = index(&store, &[top.clone(), top]);
    }
    store_of(&[named(top.clone(), "doubling")])(&store);
    chosen(&store, "doubling", "", &own);
    for _ in 0..40 {
        top = index(&store, &[top]);
    }
    store_of(&[named(top, "deep")])(&store);
    refused(&store, "deep", "", Class::Failed, "more than 64 levels");
}

#[test]
fn what_does_not_verify_is_not_chosen() {
    let store = MemoryStore::new();
    let mut own = image(&store, &host());
    own.size += 1;
    store_of(&[named(own.clone(), "size")])(&store);
    refused(&store, "size", "", Class::Verification, "its descriptor says");
    let wrong = Descriptor::new(MediaType::ImageIndex, Digest::sha256(b"good"), 4);
    store.insert_as(wrong.digest.clone(), b"evil");
    store_of(&[named(wrong, "digest")])(&store);
    refused(&store, "digest", "", Class::Verification, "does not match");
}

#[test]
fn a_store_of_very_many_entries_is_answered_in_one_line() {
    let store = MemoryStore::new();
    let any = image(&store, &host());
    for n in 0..20_000_u32 {
        let mut entry = on(any.clone(), &format!("linux/arm/{n}"));
        entry.digest = Digest::sha256(&n.to_be_bytes());
        store.push_entry(named(entry, &format!("v{}", n % 15_000)));
    }
    refused(&store, "none", "", Class::NotFound, "and 14980 more");
    refused(&store, "", "", Class::Failed, "several images");
}
