"""Stand-in for aiohttp's client: GET and POST over HTTP and HTTPS, one thread a request."""
import asyncio
import json as json_module
import urllib.error
import urllib.request


class ClientError(Exception):
    pass


class ClientTimeout:
    def __init__(self, total=30, **_ignored):
        self.total = total


class Answer:
    def __init__(self, status, body):
        self.status, self.body = status, body

    async def text(self):
        return self.body.decode()

    async def json(self):
        return json_module.loads(self.body)


class Call:
    def __init__(self, method, url, data, headers, ssl, timeout):
        self.request = urllib.request.Request(url, data=data, headers=headers, method=method)
        self.ssl, self.timeout = ssl, timeout

    def fetch(self):
        try:
            with urllib.request.urlopen(self.request, timeout=self.timeout, context=self.ssl) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())
        except OSError as error:
            raise ClientError(str(error)) from None

    async def __aenter__(self):
        return await asyncio.to_thread(self.fetch)

    async def __aexit__(self, *_ignored):
        pass


class ClientSession:
    def __init__(self, timeout=None, headers=None, **_ignored):
        self.timeout, self.headers = (timeout or ClientTimeout()).total, headers or {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_ignored):
        pass

    def get(self, url, ssl=None, headers=None, **_ignored):
        return Call("GET", url, None, {**self.headers, **(headers or {})}, ssl, self.timeout)

    def post(self, url, json=None, ssl=None, headers=None, **_ignored):
        data = json_module.dumps(json).encode()
        return Call("POST", url, data, {"Content-Type": "application/json", **self.headers, **(headers or {})}, ssl, self.timeout)
