"""The Terraform provider's calls by Python's gRPC: client.py ENDPOINT CA CERT KEY STUBS."""
import json
import os
import sys

import grpc

endpoint, ca, cert, key, stubs = sys.argv[1:]
sys.path.insert(0, stubs)
import server_pb2
import storage_pb2


def read(path):
    with open(path, "rb") as file:
        return file.read()


credentials = grpc.ssl_channel_credentials(read(ca), read(key), read(cert))
channel = grpc.secure_channel(endpoint, credentials)


def call(service, method, **fields):
    request = getattr(server_pb2, method + "Request")
    response = getattr(server_pb2, method + "Response")
    ask = channel.unary_unary(
        "/rpcpb.%s/%s" % (service, method), request.SerializeToString, response.FromString
    )
    return ask(request(**fields), timeout=20)


def failure(service, method, **fields):
    try:
        call(service, method, **fields)
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return ["OK", ""]


boot = storage_pb2.NetBoot(kernel="/k", initrd=["/i"], args=["a=b", "c"])
profile = storage_pb2.Profile(id="w", ignition_id="w.ign", generic_id="w", boot=boot)
group = storage_pb2.Group(id="g", profile="w", selector={"os": "x"}, metadata=b'{"a":"1"}')
config = bytes(range(256)) * 40
drift = []
for _ in range(2):
    call("Profiles", "ProfilePut", profile=profile)
    call("Ignition", "IgnitionPut", name="w.ign", config=config)
    call("Generic", "GenericPut", name="w", config=config)
    call("Groups", "GroupPut", group=group)
    for _ in range(2):
        drift.append(call("Profiles", "ProfileGet", id="w").profile != profile)
        drift.append(call("Groups", "GroupGet", id="g").group != group)
        drift.append(call("Ignition", "IgnitionGet", name="w.ign").config != config)
        drift.append(call("Generic", "GenericGet", name="w").config != config)
    chosen = call("Select", "SelectProfile", labels={"os": "x"}).profile
    drift.append(chosen != profile)
    call("Profiles", "ProfileDelete", id="w")
    call("Ignition", "IgnitionDelete", name="w.ign")
    call("Generic", "GenericDelete", name="w")
    call("Groups", "GroupDelete", id="g")

empty = storage_pb2.Profile(id="e", boot=storage_pb2.NetBoot())
call("Profiles", "ProfilePut", profile=empty)
result = {
    "drift": drift.count(True),
    "compared": len(drift),
    "emptyBoot": call("Profiles", "ProfileList").profiles[0].HasField("boot"),
    "missing": failure("Groups", "GroupGet", id="g"),
    "absent": failure("Groups", "GroupPut"),
    "unmatched": failure("Select", "SelectGroup", labels={"no": "where"}),
    "large": failure("Generic", "GenericPut", name="big", config=b"x" * (4 << 20))[0],
}
os.write(1, json.dumps(result).encode())
