"""A real Kubernetes control plane and a real chain on this machine; the program itself never imports it."""
