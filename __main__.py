"""The Pulumi program: load the settings, register the components, export the outputs."""

import pulumi

from config.load import exit_on_user_error, load_settings_or_exit

settings = load_settings_or_exit()

# These imports take seconds: configuration errors are reported before them.
from components.fleet import deploy  # noqa: E402
from components.preparation import prepare  # noqa: E402

with exit_on_user_error():
    prepared = prepare(settings)
    fleet = deploy(settings, prepared)

pulumi.export("namespace", settings.platform.namespace)
pulumi.export("kubeContext", settings.platform.kube_context)
pulumi.export("pools", fleet.pools)
pulumi.export("identities", fleet.identities)
pulumi.export("nodes", fleet.nodes)
pulumi.export("onDestroy", fleet.on_destroy)
pulumi.export("changes", prepared.summary.changes)
pulumi.export("summary", prepared.summary.output)
