/** Source of a program that serves HTTP and WebSockets with what Node alone has; `PORT` and `ADDRESS` are given to it. */
export const podServer = String.raw`
const { createServer } = require('node:http')
const { createHash } = require('node:crypto')
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://pod')
  if (url.pathname === '/redirect') return response.writeHead(302, { location: '/there' }).end()
  if (url.pathname === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: one\n\n')
    return void setTimeout(() => response.end('data: two\n\n'), 400)
  }
  if (url.pathname === '/forever') return response.writeHead(200).write('begun')
  if (url.pathname === '/page')
    return response.writeHead(200, { 'content-type': 'text/html' }).end(
      '<!doctype html><title>Pod</title><p id="said">waiting</p><script>' +
        'const s = new WebSocket("ws://" + location.host + "/socket");' +
        's.onmessage = ({ data }) => document.getElementById("said").textContent = data;' +
        's.onopen = () => s.send("over");</script>',
    )
  const { brotliCompressSync, gzipSync } = require('node:zlib')
  // What a browser gets that takes brotli, and what is packed whatever it takes.
  if (url.pathname === '/packed') {
    const takes = request.headers['accept-encoding'] ?? ''
    const [encoding, pack] = takes.includes('br') ? ['br', brotliCompressSync] : ['gzip', gzipSync]
    return response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': encoding }).end(pack('<p>packed</p>'.repeat(500)))
  }
  if (url.pathname === '/style.css')
    return response.writeHead(200, { 'content-type': 'text/css', 'content-encoding': 'br' }).end(brotliCompressSync('p { }'.repeat(500)))
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': ['own=1; Domain=localhost; Path=/', 'switchyard_pod=forged; Path=/'],
      'strict-transport-security': 'max-age=1000',
    })
    const { method, url, headers } = request
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString(), pod: process.env.SWITCHYARD_POD }))
  })
})
// Just enough of RFC 6455: each text of a client comes back.
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ' + accept + '\r\n\r\n')
  socket.on('error', () => {})
  socket.on('data', (frame) => {
    if ((frame[0] & 15) === 8) return socket.end()
    const length = frame[1] & 127
    const mask = frame.subarray(2, 6)
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]))
    const reply = Buffer.from('pod: ' + text)
    socket.write(Buffer.concat([Buffer.from([0x81, reply.length]), reply]))
  })
})
server.listen(Number(process.env.PORT ?? 0), process.env.ADDRESS ?? '127.0.0.1', () => console.log('port ' + server.address().port))
`
