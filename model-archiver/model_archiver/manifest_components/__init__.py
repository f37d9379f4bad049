"""TorchServe's public path of the manifest's parts."""
