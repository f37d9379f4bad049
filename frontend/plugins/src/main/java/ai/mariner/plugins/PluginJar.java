package ai.mariner.plugins;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * A jar of a plugin folder.
 *
 * @param path where it lies
 * @param services names of the classes that it offers, by the interface that they are for
 */
record PluginJar(Path path, Map<String, Set<String>> services) {
  private static final String SERVICES = "META-INF/services/";

  /**
   * Reads what a jar offers.
   *
   * @param interfaces names of the interfaces to look for
   * @throws PluginException if it can't be read
   */
  static PluginJar read(Path path, List<String> interfaces) throws PluginException {
    Map<String, Set<String>> services = new LinkedHashMap<>();
    try (JarFile jar = new JarFile(path.toFile())) {
      for (String name : interfaces) {
        ZipEntry entry = jar.getEntry(SERVICES + name);
        if (entry != null) {
          String text =
              new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
          services.put(name, classes(text));
        }
      }
    } catch (IOException e) {
      throw new PluginException(
          "plugin jar " + path + " can't be read: " + e.getMessage() + " (expected: a jar)", e);
    }
    return new PluginJar(path, services);
  }

  private static Set<String> classes(String text) {
    Set<String> names = new LinkedHashSet<>();
    text.lines()
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> !line.isEmpty())
        .forEach(names::add);
    return names;
  }

  /** Whether it offers nothing, and is there for the others. */
  boolean isLibrary() {
    return services.isEmpty();
  }

  /** A loader of its classes. */
  PluginClassLoader loader(List<PluginJar> libraries, ClassLoader server) throws PluginException {
    List<URL> urls = new ArrayList<>();
    try {
      urls.add(path.toUri().toURL());
      for (PluginJar library : libraries) {
        urls.add(library.path.toUri().toURL());
      }
    } catch (IOException e) {
      throw new PluginException("plugin jar " + path + ": " + e.getMessage(), e);
    }
    return new PluginClassLoader(fileName(), urls.toArray(URL[]::new), server);
  }

  /** An object of each class that it offers for an interface. */
  <T> List<Offer<T>> offers(Class<T> type, ClassLoader loader) throws PluginException {
    List<Offer<T>> offers = new ArrayList<>();
    for (String name : services.getOrDefault(type.getName(), Set.of())) {
      offers.add(new Offer<>(fileName(), made(type, name, loader)));
    }
    return offers;
  }

  private <T> T made(Class<T> type, String name, ClassLoader loader) throws PluginException {
    String where = "plugin jar " + path + ": class " + name;
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return type.cast(loader.loadClass(name).getConstructor().newInstance());
    } catch (InvocationTargetException e) {
      throw new PluginException(
          where + ": its constructor threw " + e.getCause() + " (expected: an object)", e);
    } catch (ClassNotFoundException e) {
      throw new PluginException(where + " is not there (expected: in this jar)", e);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw new PluginException(
          where + " can't be made (expected: a public class, public constructor, no parameters)",
          e);
    } catch (ClassCastException e) {
      throw new PluginException(where + " (expected: a " + type.getName() + ")", e);
    } catch (LinkageError e) {
      throw new PluginException(where + " can't be loaded: " + e, e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private String fileName() {
    return String.valueOf(path.getFileName());
  }
}
