package ai.mariner.bench;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/**
 * Which sockets the tools use: native epoll where it is there, Java's own elsewhere.
 *
 * @param epoll whether it is native epoll
 */
public record Sockets(boolean epoll) {
  /** The best of this machine. */
  public static Sockets detect() {
    return new Sockets(Epoll.isAvailable());
  }

  /** Makes so many event loops. */
  public EventLoopGroup loops(int count, String name) {
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(name, true), handlers);
  }

  /** Listening TCP sockets. */
  public Class<? extends ServerChannel> server() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** TCP connections. */
  public Class<? extends SocketChannel> client() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Listening Unix sockets. */
  public Class<? extends ServerChannel> unixServer() {
    return epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
  }

  /** Address of a Unix socket. */
  public SocketAddress unix(Path path) {
    return epoll ? new DomainSocketAddress(path.toFile()) : UnixDomainSocketAddress.of(path);
  }
}
