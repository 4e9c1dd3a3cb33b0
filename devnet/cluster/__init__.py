"""The cluster of devnet: the real control plane of Kubernetes, with kubelets simulated by KWOK."""
