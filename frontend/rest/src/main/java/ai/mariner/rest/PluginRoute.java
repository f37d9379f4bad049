package ai.mariner.rest;

import ai.mariner.core.message.ResponseSink;
import java.util.Set;

/** A word of paths that a plugin serves, with all that is below it. */
public interface PluginRoute {
  /** Listener that serves it. */
  Api api();

  /** First word of the paths. */
  String word();

  /** Methods that it answers. */
  Set<String> methods();

  /** One line for the API description. */
  String description();

  /** Whose it is, for messages: class and jar. */
  String owner();

  /**
   * Answers a call. Returns at once; the call's body and the duty to answer go over to it.
   *
   * @param call what came
   * @param sink takes the answer, from any thread
   */
  void serve(PluginCall call, ResponseSink sink);
}
