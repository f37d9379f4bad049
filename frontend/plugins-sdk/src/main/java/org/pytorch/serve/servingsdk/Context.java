package org.pytorch.serve.servingsdk;

import java.util.Map;
import java.util.Properties;

/** What an endpoint may know of the server. */
public interface Context {
  /** The configuration that somebody gave: keys and texts. The caller may change its copy. */
  Properties getConfig();

  /** The default version of each model, by name, as it is now. */
  Map<String, Model> getModels();
}
