"""Codecs: for the client (`Msgpack…`, `TypedMsgPack…`) and between stages (the others). A mixin stands before
`Worker` among the bases.
"""

from ts.compat.mosec.mixin.msgpack_worker import MsgpackMixin
from ts.compat.mosec.mixin.numbin_worker import NumBinIPCMixin
from ts.compat.mosec.mixin.plasma_worker import PlasmaShmIPCMixin
from ts.compat.mosec.mixin.redis_worker import RedisShmIPCMixin
from ts.compat.mosec.mixin.typed_worker import TypedMsgPackMixin

__all__ = ["MsgpackMixin", "NumBinIPCMixin", "PlasmaShmIPCMixin", "RedisShmIPCMixin", "TypedMsgPackMixin"]
