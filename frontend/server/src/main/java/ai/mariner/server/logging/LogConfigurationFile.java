package ai.mariner.server.logging;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.properties.PropertiesConfigurationFactory;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * Looks at an operator's own configuration of Log4j before Log4j does, which would end the process
 * with a stack trace that does not name the file.
 */
final class LogConfigurationFile {
  private static final String EXPECTED = " (expected: a Log4j 2 configuration)";

  private LogConfigurationFile() {}

  /**
   * What is wrong with a configuration.
   *
   * @param location path or {@code file:} address; other addresses are Log4j's own business
   * @return the reason with what was expected; absent: nothing was found
   */
  static @Nullable String problem(String location) {
    Path path = path(location);
    if (path == null) {
      return null;
    }
    String found;
    try {
      found = Files.isRegularFile(path) ? read(path) : "no such file";
    } catch (IOException e) {
      found = "it can't be read: " + e;
    }
    return found == null ? null : path + ": " + found + EXPECTED;
  }

  private static @Nullable Path path(String location) {
    try {
      if (location.startsWith("file:")) {
        return Path.of(URI.create(location));
      }
      // Several with commas between them, addresses and resources are left to Log4j.
      Path path = Path.of(location);
      boolean address = location.matches("[A-Za-z][A-Za-z0-9+.-]+:.*");
      return !address && Files.exists(path) ? path : null;
    } catch (InvalidPathException e) {
      return null;
    } catch (IllegalArgumentException e) {
      return Path.of(location.substring("file:".length()));
    }
  }

  private static @Nullable String read(Path path) throws IOException {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".xml")) {
      return xml(path);
    }
    if (name.endsWith(".properties")) {
      return properties(path);
    }
    if (name.endsWith(".json") || name.endsWith(".jsn")) {
      return json(path);
    }
    return "its name does not end with .xml, .properties or .json";
  }

  private static @Nullable String xml(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      Element root = parser().parse(in).getDocumentElement();
      String name = root.getTagName();
      if (name.equalsIgnoreCase("Configuration")) {
        return null;
      }
      return name.equals("log4j:configuration")
          ? "it is a Log4j 1 configuration"
          : "its outermost element is " + name;
    } catch (SAXParseException e) {
      return "line " + e.getLineNumber() + " is no XML: " + e.getMessage();
    } catch (SAXException e) {
      return "it is no XML: " + e.getMessage();
    }
  }

  /** A parser that fetches nothing and prints nothing. */
  private static DocumentBuilder parser() {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    try {
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
      factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
      DocumentBuilder builder = factory.newDocumentBuilder();
      builder.setErrorHandler(new Throwing());
      builder.setEntityResolver(
          (publicId, systemId) -> new InputSource(InputStream.nullInputStream()));
      return builder;
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("the JDK's parser has these features", e);
    }
  }

  private static @Nullable String properties(Path path) throws IOException {
    Properties read = new Properties();
    try (InputStream in = Files.newInputStream(path)) {
      read.load(in);
    } catch (IllegalArgumentException e) {
      return "it is no file of properties: " + e.getMessage();
    }
    if (read.stringPropertyNames().stream().anyMatch(key -> key.startsWith("log4j."))) {
      return "it is a Log4j 1 configuration";
    }
    try (InputStream in = Files.newInputStream(path)) {
      var unused =
          new PropertiesConfigurationFactory()
              .getConfiguration(null, new ConfigurationSource(in, path.toFile()));
      return null;
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static @Nullable String json(Path path) throws IOException {
    try {
      boolean object = new ObjectMapper().readTree(Files.readAllBytes(path)).isObject();
      return object ? null : "it is no JSON object";
    } catch (JsonProcessingException e) {
      return "line " + e.getLocation().getLineNr() + " is no JSON: " + e.getOriginalMessage();
    }
  }

  private static final class Throwing implements ErrorHandler {
    @Override
    public void warning(SAXParseException exception) {
      // Of no consequence for Log4j.
    }

    @Override
    public void error(SAXParseException exception) {
      // Only for documents that are checked against a DTD, which is not fetched.
    }

    @Override
    public void fatalError(SAXParseException exception) throws SAXException {
      throw exception;
    }
  }
}
