"""The Pulumi components and the resources that they share."""
