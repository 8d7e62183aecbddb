package desktop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// What xdotool cannot do, this says to the X server itself, in as much of its protocol as that takes: X Window System
// Protocol, sections 8 and 9, and ICCCM, section 4.2.8.1.

// AskToClose sends the window what a desktop's close button sends.
func (w *Window) AskToClose() {
	w.t.Helper()
	if err := w.sendDelete(); err != nil {
		w.t.Fatal("the window could not be asked to close: ", err)
	}
}

func (w *Window) sendDelete() error {
	id, err := strconv.ParseUint(w.id, 10, 32)
	if err != nil {
		return err
	}
	c, err := dial(w.display)
	if err != nil {
		return err
	}
	defer c.Close()
	protocols, err := c.atom("WM_PROTOCOLS")
	if err != nil {
		return err
	}
	remove, err := c.atom("WM_DELETE_WINDOW")
	if err != nil {
		return err
	}
	const clientMessage, format = 33, 32
	return c.send(25, 0, uint32(id), 0, clientMessage|format<<8, uint32(id), protocols, remove, 0, 0, 0, 0) // SendEvent
}

// setScale gives programs that start from here on a content scale, by the resource that desktops keep it in.
func (d *Desktop) setScale(scale float64) error {
	c, err := dial(d.display)
	if err != nil {
		return err
	}
	defer c.Close()
	text := fmt.Sprintf("Xft.dpi:%8.2f\n", 96*scale)
	const resourceManager, str, format = 23, 31, 8
	fields := []uint32{c.root, resourceManager, str, format, uint32(len(text))}
	for padded := []byte(text + "\x00\x00\x00"); len(padded) >= 4; padded = padded[4:] {
		fields = append(fields, binary.LittleEndian.Uint32(padded))
	}
	return c.send(18, 0, fields...) // ChangeProperty
}

// A conn is a connection to an X server.
type conn struct {
	net.Conn
	root uint32 // the screen's window
}

func dial(display string) (*conn, error) {
	to, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(display, ":"))
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: to}
	if err := c.greet(); err != nil {
		to.Close()
		return nil, err
	}
	return c, nil
}

func (c *conn) greet() error {
	if _, err := c.Write([]byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil { // version 11.0, no password
		return err
	}
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	said := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(c, said); err != nil {
		return err
	}
	if head[0] != 1 || len(said) < 32 {
		return errors.New("the X server refuses")
	}
	vendor, formats := int(binary.LittleEndian.Uint16(said[16:])), int(said[21])
	screen := 32 + (vendor+3)&^3 + 8*formats
	if len(said) < screen+4 {
		return errors.New("the X server has no screen")
	}
	c.root = binary.LittleEndian.Uint32(said[screen:])
	return nil
}

// send sends a request and waits until the server has it.
func (c *conn) send(code, detail byte, fields ...uint32) error {
	request := binary.LittleEndian.AppendUint16([]byte{code, detail}, uint16(1+len(fields)))
	for _, v := range fields {
		request = binary.LittleEndian.AppendUint32(request, v)
	}
	if _, err := c.Write(request); err != nil {
		return err
	}
	_, err := c.atom("WM_PROTOCOLS") // what is answered comes after what was sent before, or after an error of that
	return err
}

// atom is the number of a name.
func (c *conn) atom(name string) (uint32, error) {
	text := append([]byte(name), make([]byte, -len(name)&3)...)
	request := append([]byte{16, 0, byte(2 + len(text)/4), 0, byte(len(name)), 0, 0, 0}, text...) // InternAtom
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	var answer [32]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return 0, err
	}
	if answer[0] != 1 {
		return 0, fmt.Errorf("the X server answers %v", answer[:12])
	}
	return binary.LittleEndian.Uint32(answer[8:]), nil
}
