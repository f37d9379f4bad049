package ai.mariner.server.logging;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;

/** The built-in configuration of the logs with a JSON object in place of each line. */
final class JsonLogs {
  private static final String TIME = "{\"time\":\"%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}\",";
  private static final String MESSAGE = "\"logger\":\"%c\",\"message\":\"%enc{%m}{JSON}\"";

  /** By the names that the patterns have in the file. */
  private static final Map<String, String> PATTERNS =
      Map.of(
          "plain",
          TIME + MESSAGE + "}%n",
          "full",
          TIME
              + "\"level\":\"%p\",\"thread\":\"%enc{%t}{JSON}\","
              + MESSAGE
              + ",\"stack\":\"%enc{%xEx}{JSON}\"}%n",
          "model",
          TIME + "\"level\":\"%p\",\"worker\":\"%enc{%X{worker}}{JSON}\"," + MESSAGE + "}%n");

  private JsonLogs() {}

  /**
   * Has lines written so from now on. Does nothing under another implementation of Log4j's API.
   *
   * @param resource the configuration whose appenders and loggers are used
   */
  static void use(String resource) {
    if (!(LogManager.getContext(false) instanceof LoggerContext context)) {
      return;
    }
    String text = read(resource);
    for (Map.Entry<String, String> pattern : PATTERNS.entrySet()) {
      text =
          Pattern.compile("(<Property name=\"" + pattern.getKey() + "\">)[^<]*")
              .matcher(text)
              .replaceAll("$1" + Matcher.quoteReplacement(pattern.getValue()));
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      context.reconfigure(
          new XmlConfiguration(context, new ConfigurationSource(new ByteArrayInputStream(bytes))));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory can be read", e);
    }
  }

  private static String read(String resource) {
    try (InputStream in = JsonLogs.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " can't be read", e);
    }
  }
}
