"""Files for `axolotl train --cloud`: recognized, checked as their provider reads them, and never taken for configs."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli import main
from bot.views.check.verdict import verdict
from knowledge.check import check
from knowledge.compare import compare
from knowledge.config import load_types, read
from knowledge.finding import Severity
from knowledge.fixes import corrected
from knowledge.json_values import to_json
from tests.many import over

NEBIUS = "provider: nebius\nplatform: gpu-h100\npreset: 1gpu\nimage: r/x:1\n"
SUNK = "provider: coreweave\nimage: r/x:1\nshared_dir: /mnt/home\npartition: h100\n"
CKS = "provider: coreweave\nbackend: cks\nimage: r/x:1\nnamespace: training\npvc: shared\n"
BUILD = "image_build:\n  context: source\n"


def errors(text):
    """Rule -> the fields of its errors."""
    found = {}
    for each in check(text).findings:
        if each.severity is Severity.ERROR:
            found.setdefault(each.rule, set()).update(each.fields)
    return found


def fields(text, severity=Severity.ERROR):
    return {field for each in check(text).findings if each.severity is severity for field in each.fields}


def provider(text):
    launcher = read(text).launcher
    return launcher and (launcher.provider, launcher.written)


# -- what it is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: r/x:1\n", ("modal", False)),
        ("gpu: h100\ngpu_count: 2\n", ("modal", False)),
        ("provider: baseten\ngpu: h100\n", ("baseten", True)),
        ("provider:\ngpu: h100\n", ("modal", False)),
        ("platform: gpu-h100\npreset: 1gpu\n", ("nebius", False)),
        ("image: r/x:1\nvolumes:\n  - source: a\n    mount: /a\n", ("nebius", False)),
        ("backend: cks\nimage: r/x:1\nnamespace: n\n", ("coreweave", False)),
        ("image: r/x:1\ndocker_auth: {}\n", ("baseten", False)),
        ("image: r/x:1\nplatform: gpu-h100\ndocker_tag: main\n", (None, False)),
        ("provider: my.package:Launcher\nanything: 1\n", (None, True)),
    ],
)
def test_the_provider_is_the_one_that_is_named_or_whose_keys_there_are(text, expected):
    assert provider(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "base_model: a/b\nimage: r/x:1\nprovider: modal\n",
        "learning_rate: 1e-4\ngpu: h100\ngpu_count: 2\nimage: r/x:1\n",
        "coreweave:\n  bucket: b\nprovider: coreweave\n",
        "services: {}\nvolumes: {}\n",
        "image: python\nstages: [test]\ntest: {}\ndeploy: {}\n",
        "timeout: 5\n",
        "gpus: 2\n",
        "",
        "- image\n",
    ],
)
def test_other_yaml_is_no_launcher_file(text):
    assert provider(text) is None
    assert "not-a-training-config" not in {each.rule for each in check(text).findings}


@over(sorted(load_types().names))
def test_no_key_of_a_training_config_belongs_to_a_launcher(name):
    assert provider(f"image: r/x:1\nprovider: modal\n{name}: 1\n") is None


def test_it_is_said_and_nothing_of_a_training_run_is():
    report = check(SUNK)
    assert [(each.rule, each.severity.value) for each in report.findings] == [("not-a-training-config", "advice")]
    assert "CoreWeave" in report.findings[0].message
    assert report.launcher
    assert (report.plan, report.memory, report.verdict) == (None, None, "runs")
    assert not check("base_model: a/b\n").launcher
    assert not compare(SUNK, f"{SUNK}nodes: 2\n").effects


# -- good files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "image: r/x:1\n",
        BUILD,
        f"{BUILD}  dockerfile: Dockerfile\n  platform: linux/amd64\n  build_args:\n    A: b\n",
        "image: r/x:1\nimage_registry:\n  secret: s\n",
        f"{BUILD}  tag: r/x:1\nimage_registry:\n  secret: s\n  provider: aws_ecr\n",
        "provider: modal\ngpu: A100-80GB\nvolumes: [{name: c, mount: /c}]\nenv: [A, {B: c}]\nsecrets: [T]\n",
        f"provider: baseten\nproject_name: p\nnode_count: 2\ngpu: h200\n{BUILD}  tag: r/x:1\n  platform: linux/arm64\n",
        f"{NEBIUS}volumes:\n  - {{source: a, mount: /in}}\n  - {{source: b, mount: /inner, mode: rw}}\n",
        f"{NEBIUS}env:\n  A: x\nenv_secret:\n  B: y\nshow_context: true\ntimeout: 3600\n",
        f"{SUNK}account: team-1\ntime_limit: 2-12:00:00\nmounts: [/mnt/rows]\nenv: {{A: x}}\nimage: /images/x.sqsh\n",
        f"{CKS}env: {{SLURM_X: '1'}}\nsecret_env: {{T: my.secret/key_1}}\npvc_mount: /mnt/data\ncpu: 500m\n",
        "provider: my.package:Launcher\nimage: 5\nvolumes: 3\n",
    ],
)
def test_what_the_provider_takes_is_not_refused(text):
    assert errors(text) == {}
    assert check(text).verdict == "runs"


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule", "field"),
    [
        (f"image: r/x:1\n{BUILD}", "launcher-image-source", "image_build"),
        ("image: r x\n", "wrong-type", "image"),
        ("image: ''\n", "wrong-type", "image"),
        ("image_build:\n  tag: r/x:1\n", "missing-field", "image_build.context"),
        (f"{BUILD}  cache: true\n", "unknown-key-refused", "image_build.cache"),
        (f"{BUILD}  build_args: {{A: 1}}\n", "wrong-type", "image_build.build_args.A"),
        (f"{BUILD}  platform: linux/arm64\n", "launcher-platform", "image_build.platform"),
        (f"{BUILD}  platform: windows\n", "not-a-choice", "image_build.platform"),
        ("image_registry:\n  secret: s\n", "modal-registry", "image_registry"),
        (f"{BUILD}image_registry:\n  secret: s\n", "modal-registry", "image_build.tag"),
        ("image: r/x:1\nimage_registry:\n  secret: ''\n", "out-of-bounds", "image_registry.secret"),
        (f"provider: modal\n{BUILD}branch: main\n", "modal-image-changes", "branch"),
        ("provider: modal\nimage: r/x:1\ndocker_tag: main\n", "modal-image-changes", "docker_tag"),
        ("provider: modal\ngpu: [h100]\n", "modal-gpu", "gpu"),
        ("provider: 5\nimage: r/x:1\n", "launcher-provider", "provider"),
        (f"provider: baseten\n{BUILD}", "launcher-image-tag", "image_build.tag"),
        ("platform: p\npreset: q\n", "launcher-image", "image"),
        ("platform: p\nimage: r/x:1\nprofile: me\n", "missing-field", "preset"),
        (f"platform: p\npreset: q\n{BUILD}", "launcher-image-tag", "image_build.tag"),
        (f"{NEBIUS}gpu: h100\n", "unknown-key-refused", "gpu"),
        (f"{NEBIUS}timeout: 3599\n", "out-of-bounds", "timeout"),
        (f"{NEBIUS}dry_run: 'true'\n", "wrong-type", "dry_run"),
        (f"{NEBIUS}show_context: true\ndry_run: true\n", "nebius-preview", "dry_run"),
        (f"{NEBIUS}volumes: [{{source: 'a:b', mount: /d}}]\n", "nebius-volume", "volumes[0].source"),
        (f"{NEBIUS}volumes: [{{source: a, mount: d}}]\n", "nebius-volume", "volumes[0].mount"),
        (f"{NEBIUS}volumes: [{{source: a, mount: '/d:ro'}}]\n", "nebius-volume", "volumes[0].mount"),
        (f"{NEBIUS}volumes: [{{source: a, mount: /d/../e}}]\n", "nebius-volume", "volumes[0].mount"),
        (f"{NEBIUS}volumes: [{{source: a, mount: /d, size: 1}}]\n", "unknown-key-refused", "volumes[0].size"),
        (f"{NEBIUS}volumes: [{{source: a, mount: /}}]\n", "nebius-mounts", "volumes[0].mount"),
        (
            f"{NEBIUS}volumes: [{{source: a, mount: /d/e}}, {{source: b, mount: /d}}]",
            "nebius-mounts",
            "volumes[1].mount",
        ),
        (f"{NEBIUS}env: {{1A: x}}\n", "nebius-env", "env.1A"),
        (f"{NEBIUS}env: {{NEBIUS_OUTPUT_DIR: x}}\n", "nebius-env", "env.NEBIUS_OUTPUT_DIR"),
        (f'{NEBIUS}env: {{A: "\\0"}}\n', "nebius-env", "env.A"),
        (f"{NEBIUS}env_secret: {{A: ''}}\n", "nebius-env", "env_secret.A"),
        (f"{NEBIUS}env: {{A: x}}\nenv_secret: {{A: y}}\n", "nebius-env-twice", "env_secret.A"),
        ("provider: coreweave\nshared_dir: /s\npartition: p\n", "launcher-image", "image"),
        ("provider: coreweave\nimage: r/x:1\n", "sunk-place", "shared_dir"),
        (SUNK.replace("/mnt/home", "/mnt/../home"), "sunk-place", "shared_dir"),
        (f"{SUNK}qos: ''\n", "sunk-slurm", "qos"),
        (f"{SUNK}mounts: [/a, '/b:/b']\n", "sunk-mounts", "mounts[1]"),
        (f"{SUNK}env: {{SLURM_X: '1'}}\n", "coreweave-env", "env.SLURM_X"),
        (f"{SUNK}env_file: .env\n", "coreweave-env-file", "env_file"),
        (f"{SUNK}foo: 1\n", "unknown-key-refused", "foo"),
        (CKS.replace("pvc: shared\n", ""), "cks-place", "pvc"),
        (f"{CKS}pvc_mount: /a/..\n", "cks-place", "pvc_mount"),
        (f"{CKS}env: {{AXOLOTL_NODE_RANK: '1'}}\n", "coreweave-env", "env.AXOLOTL_NODE_RANK"),
        (f"{CKS}secret_env: {{T: name}}\n", "cks-secret-env", "secret_env.T"),
        (f"{CKS}env_file: /mnt/e\n", "coreweave-env-file", "env_file"),
        (f"{CKS}job_name: {'a' * 53}\n", "out-of-bounds", "job_name"),
        (f"{CKS}object_storage: {{org_id: o}}\n", "missing-field", "object_storage.region"),
    ],
)
def test_what_the_provider_refuses_is_named_with_its_field(text, rule, field):
    assert field in errors(text).get(rule, ()), errors(text)
    assert check(text).verdict == "refused"


@pytest.mark.parametrize(
    ("context", "dockerfile", "refused"),
    [
        ("source", "../Dockerfile", True),
        ("source", "docker/../../other/Dockerfile", True),
        ("source", "/etc/Dockerfile", True),
        ("source", "", True),
        ("source", "docker/..", True),
        (".", "../Dockerfile", True),
        ("/srv/source", "/srv/other/Dockerfile", True),
        ("source", "docker/../Dockerfile", False),
        ("source", "../source/Dockerfile", False),
        ("../source", "docker/Dockerfile", False),
        ("/srv/source", "/srv/source/docker/Dockerfile", False),
        ("source", "/home/me/source/Dockerfile", False),
        (".", "../project/Dockerfile", False),
    ],
)
def test_a_dockerfile_is_refused_only_where_it_lies_outside_wherever_the_file_is(context, dockerfile, refused):
    text = yaml.safe_dump({"image_build": {"context": context, "dockerfile": dockerfile}})
    assert ("image_build.dockerfile" in fields(text)) == refused
    assert ("image_build.dockerfile" in fields(text, Severity.WARNING)) != refused


def test_what_depends_on_the_machine_is_a_warning():
    assert fields(f"{BUILD}  dockerfile: Dockerfile.gpu\n", Severity.WARNING) == {"image_build.dockerfile"}
    assert fields(BUILD, Severity.WARNING) == set()
    assert fields(f"{SUNK}env_file: /mnt/home/.env\n", Severity.WARNING) == {"env_file"}
    assert "image" in check(BUILD).not_checked[0]


def test_keys_that_do_nothing_are_said_to_do_nothing():
    modal = {each.rule: each for each in check("provider: modal\ngpu: h100\ngpu_cont: 2\n").findings}
    assert modal["unknown-key"].severity is Severity.IGNORED
    assert modal["unknown-key"].suggestion == "gpu_count"
    assert fields(f"{SUNK}namespace: n\n", Severity.IGNORED) >= {"namespace"}
    assert fields(f"{CKS}partition: p\n", Severity.IGNORED) >= {"partition"}
    assert fields("provider: my.package:Launcher\nfoo: 1\n", Severity.IGNORED) == set()


def test_without_a_provider_it_is_said_that_the_file_goes_to_modal():
    named = {each.rule: each for each in check(NEBIUS.removeprefix("provider: nebius\n")).findings}
    assert "`provider: nebius`" in named["launcher-provider-missing"].message
    assert "launcher-provider-missing" not in {each.rule for each in check("image: r/x:1\n").findings}
    unknown = {each.rule: each for each in check("provider: Nebius\nplatform: p\n").findings}
    assert unknown["launcher-provider-unknown"].suggestion == "nebius"
    assert errors("provider: Nebius\nplatform: p\n") == {}


def test_volumes_that_modal_cannot_mount_fail_the_launch():
    text = "provider: modal\ngpu: h100\nvolumes:\n  - name: c\n    mount: /c\n  - source: d\n"
    report = check(text)
    assert fields(text, Severity.CRASH) == {"volumes[1]"}
    assert report.verdict == "fails"
    assert "the launch fails" in verdict(report, report.findings)


def test_numbers_and_times_without_quotes_are_mended():
    text = f"{SUNK}time_limit: 24:00:00\nenv:\n  SEED: 42\n  FAST: yes\n"
    mended = corrected(text, check(text).findings)
    assert mended == f'{SUNK}time_limit: "24:00:00"\nenv:\n  SEED: "42"\n  FAST: "yes"\n'
    assert errors(mended) == {}


# -- how it reads --------------------------------------------------------------------------------------------------


def test_no_answer_says_that_a_launcher_file_trains(tmp_path, capsys):
    file = tmp_path / "cloud.yaml"
    for text in (SUNK, f"{SUNK}namespace: n\n"):
        file.write_text(text, "utf-8")
        assert main(["check", str(file)]) == 0
        out = capsys.readouterr().out
        report = check(text)
        for said in (out, verdict(report, report.findings)):
            assert "launcher file" in said
            assert "starts this" not in said
        assert "Your run" not in out


def test_json_says_which_kind_of_file_it_is(tmp_path, capsys):
    file = tmp_path / "cloud.yaml"
    file.write_text(f"{NEBIUS}foo: 1\n", "utf-8")
    assert main(["check", "--format", "json", str(file)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["launcher"], found["verdict"], found["plan"]) == (True, "refused", None)


def test_a_folder_of_configs_leaves_launcher_files_out(tmp_path, capsys):
    (tmp_path / "cloud.yaml").write_text(NEBIUS, "utf-8")
    main(["check", "--only-configs", str(tmp_path)])
    assert "not an Axolotl config" in capsys.readouterr().err


# -- strangers' values ---------------------------------------------------------------------------------------------


def _keys():
    launchers = [read(text).launcher for text in (NEBIUS, SUNK, "image: r/x:1\n", "provider: baseten\n")]
    return sorted({key for launcher in launchers for key in launcher.fields})


INNER = st.sampled_from(
    ["context", "dockerfile", "tag", "platform", "secret", "source", "mount", "mode", "name", "A", "1A", 1, None]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
PLAIN |= st.sampled_from(["/a", "/a/../b", "..", "a:b", "sunk", "cks", "linux/arm64", "/", "2020-01-01"]) | st.dates()
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "provider: modal\n", "provider: baseten\n", NEBIUS, SUNK, CKS]),
    st.dictionaries(st.sampled_from(_keys()) | INNER, VALUES, min_size=1, max_size=4),
)
def test_no_value_at_any_key_breaks_a_check(start, values):
    report = check(start + yaml.safe_dump(values, allow_unicode=True))
    assert not [said for said in report.not_checked if "failed" in said]
    to_json(report)
