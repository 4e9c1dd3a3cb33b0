"""The tools that devnet runs, each from PATH, the cache, an official download or a build from package registries."""
