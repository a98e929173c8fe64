"""Writes test/golden/hub-cache.json: the cache that huggingface_hub leaves after downloads.

A small server answers as the hub does: one repository, a large file (by SHA-256) and a small one (by
git's hash), the branch main and a pull request whose commit holds the same large file. The tree is
stored as texts and links; locks and tags beside the repositories are left out. Run from the
repository: python scripts/python/make-hub-cache.py
"""

import hashlib
import http.server
import json
import os
import pathlib
import tempfile
import threading

REPOSITORY = "someone/inception_resnet_v2.test"
WEIGHTS = "weights of a test\n" * 40
CONFIG = '{"architecture": "inception_resnet_v2"}\n'
COMMITS = {"main": "1" * 40, "refs/pr/1": "2" * 40}
FILES = {"model.safetensors": (WEIGHTS, True), "config.json": (CONFIG, False)}


def etag(content, is_large):
    data = content.encode()
    if is_large:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        _, resolve, revision_and_name = self.path.partition("/resolve/")
        if not resolve:
            self.send_error(404)
            return
        revision, name = revision_and_name.split("/")
        revision = revision.replace("%2F", "/")
        commit = COMMITS.get(revision, revision)
        content, is_large = FILES[name]
        self.send_response(200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{etag(content, is_large)}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content.encode())

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    folder = pathlib.Path(tempfile.mkdtemp())
    os.environ["HF_HOME"] = str(folder)

    import huggingface_hub  # reads the environment when it is imported

    for revision in COMMITS:
        for name in FILES:
            huggingface_hub.hf_hub_download(REPOSITORY, name, revision=revision)

    root = folder / "hub"
    kept = sorted(root.glob("models--*/*/**/*"))
    tree = {}
    for path in kept:
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            tree[name] = {"link": os.readlink(path)}
        elif path.is_file():
            tree[name] = {"text": path.read_text()}
    golden = {
        "huggingface_hub": huggingface_hub.__version__,
        "repository": REPOSITORY,
        "commits": COMMITS,
        "files": {
            name: {"text": content, "isLarge": is_large, "hash": etag(content, is_large)}
            for name, (content, is_large) in FILES.items()
        },
        "tree": tree,
    }
    out = pathlib.Path("test/golden/hub-cache.json")
    out.write_text(json.dumps(golden, indent=1) + "\n")


main()
