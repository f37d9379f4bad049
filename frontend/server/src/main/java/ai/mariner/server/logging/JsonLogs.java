package ai.mariner.server.logging;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.composite.CompositeConfiguration;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;

/** The built-in configuration of the logs with a JSON object in place of each line. */
final class JsonLogs {
  /** Its properties, the patterns of lines, take the place of those of the same names. */
  private static final String PATTERNS = "log4j2-json.xml";

  private JsonLogs() {}

  /**
   * Has lines written so from now on. Does nothing under another implementation of Log4j's API.
   *
   * @param resource the configuration whose appenders and loggers are used
   */
  static void use(String resource) {
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      context.reconfigure(
          new CompositeConfiguration(List.of(read(context, resource), read(context, PATTERNS))));
    }
  }

  private static XmlConfiguration read(LoggerContext context, String resource) {
    try (InputStream in = JsonLogs.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      return new XmlConfiguration(context, new ConfigurationSource(in));
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " can't be read", e);
    }
  }
}
