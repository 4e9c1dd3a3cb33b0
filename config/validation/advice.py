"""Warnings: values that are valid, and that are probably not meant or cause trouble later."""

from collections.abc import Collection, Iterator

from config.errors import Problem
from config.models.addresses import is_documentation
from config.models.likely_secrets import is_likely_secret, secret_paths
from config.validation.amounts import huge_amounts
from config.validation.partial import PartialSettings
from config.validation.release_rules import nodes_without_a_network, unknown_lines

_FIND_DIGEST = "docker buildx imagetools inspect"


def advice(settings: PartialSettings, secret_sections: Collection[str] = ()) -> list[Problem]:
    """The warnings of a configuration; `settings` has only the values that are valid by themselves."""
    secrets = _secrets_in_clear(settings, secret_sections)
    of_nodes = [*secrets, *unknown_lines(settings), *nodes_without_a_network(settings), *huge_amounts(settings)]
    if settings.platform is None or settings.platform.is_devnet:
        return of_nodes
    return [*of_nodes, *_placeholder_address(settings), *_moving_images(settings)]


def _secrets_in_clear(settings: PartialSettings, secret_sections: Collection[str]) -> Iterator[Problem]:
    """Values of nodes that are probably secret, in sections that Pulumi does not know as secret."""
    for section, workloads in (("clusters", settings.clusters), ("nodes", settings.nodes)):
        if section in secret_sections:
            continue
        for name, workload in workloads.items():
            variables = [entry for entry in workload.deployment.env or [] if "value" in entry]
            found = {
                "config": secret_paths(workload.config),
                "deployment.env": [one["name"] for one in variables if is_likely_secret(one["name"], one["value"])],
            }
            for key, places in found.items():
                if places:
                    yield Problem(
                        f"{section}.{name}.{key}",
                        f"probably has a secret in plain text: {', '.join(places)}; in the cluster it is in a Secret, "
                        "but the stack file and the state show it; set it with: pulumi config set --secret --path "
                        f"'{section}.{name}.{key}'",
                    )


def _placeholder_address(settings: PartialSettings) -> Iterator[Problem]:
    address = settings.platform.ingress.load_balancer_ip if settings.platform else ""
    if settings.announces_load_balancer and is_documentation(address):
        yield Problem(
            "platform.ingress.loadBalancerIp",
            f"'{address}' is an address for documentation; before 'pulumi up', set the public address of your ingress "
            "controller, which the nodes announce",
        )


def _moving_images(settings: PartialSettings) -> Iterator[Problem]:
    """Images whose content may change without a change of the configuration."""
    used = settings.platform.images.model_dump(by_alias=True, exclude={"hoprd"}) if settings.platform else {}
    if not any(pool.funding for pool in settings.pools.values()):
        used = {key: image for key, image in used.items() if key in {"metrics", "init"}}
    elif used.get("topUp"):
        used.pop("hopli")
    for key, image in used.items():
        if image and _moves(image):
            yield Problem(
                f"platform.images.{key}",
                f"'{image}' may change at any time; pin it as <repository>:<tag>@sha256:<digest>, "
                f"which '{_FIND_DIGEST} {image}' shows",
            )


def _moves(image: str) -> bool:
    repository, at, _ = image.partition("@")
    tag = repository.rpartition("/")[2].partition(":")[2]
    return not at and tag in {"", "latest"}
