"""What is registered with Pulumi: the four components, and what they share."""
