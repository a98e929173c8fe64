"""What huggingface_hub and Keras make of the caches: one line of JSON.

python scripts/python/use_hub_cache.py REPOSITORY REVISION [--offline]: downloads model.safetensors from
HF_ENDPOINT, or with --offline only looks for it; then scans the cache. The environment says where.
"""

import json
import sys

import huggingface_hub

repository, revision, *rest = sys.argv[1:]
path = huggingface_hub.hf_hub_download(
    repository, "model.safetensors", revision=revision, local_files_only="--offline" in rest
)
info = huggingface_hub.scan_cache_dir()
print(
    json.dumps(
        {
            "version": huggingface_hub.__version__,
            "path": path,
            "warnings": [str(warning) for warning in info.warnings],
            "refs": {
                ref: found.commit_hash for repo in info.repos for ref, found in repo.refs.items()
            },
        }
    )
)
