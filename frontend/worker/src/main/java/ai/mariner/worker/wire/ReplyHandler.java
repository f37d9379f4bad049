package ai.mariner.worker.wire;

import ai.mariner.core.worker.ItemReply;
import java.util.List;
import java.util.Map;

/** Takes the worker's frames as the decoder finds them. */
public interface ReplyHandler {
  /** HELLO, LOADED: named texts. */
  void fields(FrameType type, int model, Map<String, String> fields);

  /** RESULT, PIECE: answers. The receiver owns the bodies. */
  void replies(FrameType type, int model, long run, List<ItemReply> items, boolean spent);

  /** UNLOADED, HEARTBEAT: nothing but the header. */
  void bare(FrameType type, int model, long run);
}
