package ai.mariner.plugins;

import java.io.IOException;

/** A plugin can't be used; the message names jar and class, and what was expected. */
public final class PluginException extends IOException {
  PluginException(String message) {
    super(message);
  }

  PluginException(String message, Throwable cause) {
    super(message, cause);
  }
}
